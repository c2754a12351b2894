-- One page of the caller's notifications, the latest first. Definer: the policy on messages covers admins too, which would keep the index
-- on recipient_id from returning the page in order.
create function private.my_notifications(
    p_only_unread boolean,
    p_limit integer,
    p_after_created_at timestamptz,
    p_after_id uuid
)
    returns table (
        id uuid,
        org_id uuid,
        kind text,
        title text,
        body text,
        learner_id uuid,
        related_type text,
        related_id uuid,
        created_at timestamptz,
        read_at timestamptz
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
begin
    return query
    select
        message.id, message.org_id, message.kind, content.subject, content.body, message.learner_id, message.related_type,
        message.related_id, message.created_at, message.read_at
    from public.messages message
    join public.message_contents content on content.org_id = message.org_id and content.message_id = message.id
    where message.recipient_id = person
        and message.channel = 'app'
        and message.status = 'sent'
        and (p_after_created_at is null or (message.created_at, message.id) < (p_after_created_at, p_after_id))
        and not (coalesce(p_only_unread, false) and message.read_at is not null)
    order by message.created_at desc, message.id desc
    limit private.page_size(p_limit);
end;
$$;

-- Marks the caller's notifications as read: these, or all of them (null). Returns how many were unread.
-- Definer: nobody writes messages directly.
create function private.mark_notifications_read(p_ids uuid[])
    returns integer
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    marked integer;
begin
    update public.messages
    set read_at = private.clock()
    where recipient_id = person
        and channel = 'app'
        and status = 'sent'
        and read_at is null
        and (p_ids is null or id = any (p_ids));
    get diagnostics marked = row_count;
    return marked;
end;
$$;

-- What Twilio and mail servers told of the messages to a person, and what was answered to them from the number that they went to. A number may
-- have been another's before, so answers from before the first message are not the person's.
create function private.events_of_person(p_person_id uuid)
    returns setof private.message_events
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select event.*
    from private.message_events event
    where event.message_id = any (array(select message.id from public.messages message where message.recipient_id = p_person_id))
    union all
    select event.*
    from (
        select content.to_address, message.channel, min(message.first_tried_at) as since
        from public.messages message
        join public.message_contents content on content.org_id = message.org_id and content.message_id = message.id
        where message.recipient_id = p_person_id
            and message.channel in ('sms', 'whatsapp')
        group by content.to_address, message.channel
    ) texted
    join private.message_events event on event.address = texted.to_address
    where event.type = 'inbound'
        and event.received_at >= texted.since;
$$;

-- Erases how a person was reached and what they chose, with what Twilio told of it and they answered; that something was sent, and when,
-- stays, and so do Twilio's ids of texts, so that compare_texts knows them and stores nothing anew. 95_operations calls it.
create function private.erase_messages_to(p_person_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    delete from private.calendar_feeds where user_id = p_person_id;
    delete from private.message_preferences where user_id = p_person_id;
    insert into private.message_events (provider_id, type, status, payload)
    select distinct told.provider_id, 'status', 'erased', jsonb '{}'
    from private.events_of_person(p_person_id) told
    where told.type = 'inbound'
    on conflict (provider_id, type, status) do nothing;
    delete from private.message_events where id in (select told.id from private.events_of_person(p_person_id) told);
    delete from public.message_contents content
    using public.messages message, private.phone_codes sent
    where message.related_type = 'phone_codes'
        and message.related_id = sent.id
        and sent.user_id = p_person_id
        and content.org_id = message.org_id
        and content.message_id = message.id;
    delete from private.phone_codes where user_id = p_person_id;
    delete from public.message_contents content
    using public.profiles profile
    where profile.id = p_person_id
        and (content.recipient_id = p_person_id or lower(content.to_address) = lower(profile.email));
$$;

-- Erases what was said of a learner or an instructor, to whomever. 95_operations calls it.
create function private.erase_messages_about(p_party_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    delete from public.message_contents content
    using public.messages message
    where message.org_id = content.org_id
        and message.id = content.message_id
        and (
            message.learner_id = p_party_id
            or message.related_id in (
                select booking.id from public.bookings booking where p_party_id in (booking.learner_id, booking.instructor_id)
                union all
                select report.id from public.problem_reports report where p_party_id in (report.learner_id, report.instructor_id)
                union all
                select credit.id from public.learner_credits credit where p_party_id in (credit.learner_id, credit.instructor_id)
                union all
                select link.id from public.learner_guardians link where link.learner_id = p_party_id
                union all
                select invitation.id from public.invitations invitation where p_party_id in (invitation.learner_id, invitation.instructor_id)
                union all
                select alert.id
                from public.alerts alert
                left join public.bookings booking on booking.org_id = alert.org_id and booking.id = alert.related_id
                where p_party_id in (alert.learner_id, alert.instructor_id, booking.learner_id, booking.instructor_id)
            )
        );
$$;

-- Whether a text, or an answer, was erased with its person: nothing that is told of it since is stored.
create function private.is_erased_text(p_provider_id text)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from private.message_events event
        where event.provider_id = p_provider_id
            and event.type = 'status'
            and event.status = 'erased'
    );
end;
$$;

-- Keeps Twilio's id of a text that is erased, and nothing else of it, so that compare_texts does not call it a stranger's.
-- Definer: whoever may remove a text need not write reports.
create function private.keep_text_id()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    insert into private.message_events (provider_id, type, status, payload)
    values (old.provider_id, 'status', 'erased', '{}')
    on conflict (provider_id, type, status) do nothing;
    return null;
end;
$$;

create trigger keep_text_id
    after delete on public.message_contents
    for each row
    when (old.provider_id ~ '^(SM|MM)[0-9a-f]{32}$')
    execute function private.keep_text_id();
