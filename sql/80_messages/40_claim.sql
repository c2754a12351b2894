-- Hands due messages to a worker over the channels that it serves, oldest first. Whether each is still true, still wanted and has a way to
-- its recipient is asked here, while the message is locked; its text and address are frozen with the claim. What fails in one message stops
-- no other. A message that an earlier worker may have sent is handed out to be looked up, not to be sent, where the channel allows that.
-- One call looks at 500 messages at most, so that it ends in time also after an outage of days, when most of them are too late: what it
-- dropped is not looked at again.
-- Definer: the jobs login has no access to the tables.
create function private.claim_messages(
    p_worker_id uuid, p_channels public.message_channel[], p_limit integer, p_lease interval
)
    returns table (
        message_id uuid, channel public.message_channel, to_address text, sender_name text, subject text, body text, html text,
        calendar jsonb, mail_key text, unsubscribe_token uuid, content_sid text, content_variables jsonb, must_look_up boolean,
        is_marketing boolean, first_tried_at timestamptz, attempts integer
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    claimed_ids uuid[] := '{}';
    doubtful_ids uuid[] := '{}';
    due public.messages;
    seen integer;
    seen_in_all integer := 0;
begin
    perform private.queue_planned_messages(1000);
    perform private.deliver_app_messages(1000);

    loop
        seen := 0;
        for due in
            select message.*
            from public.messages message
            where message.id = any (
                array(
                    select ready.id
                    from public.messages ready
                    where ready.status in ('queued', 'claimed', 'unknown')
                        and ready.available_at <= private.clock()
                        and ready.channel = any (p_channels)
                    order by ready.available_at, ready.id
                    limit p_limit
                    for update skip locked
                )
            )
        loop
            seen := seen + 1;
            if private.claim_message(due, p_worker_id, p_lease) then
                claimed_ids := claimed_ids || due.id;
                if private.is_to_be_looked_up(due) then
                    doubtful_ids := doubtful_ids || due.id;
                end if;
            end if;
        end loop;
        seen_in_all := seen_in_all + seen;
        exit when seen = 0 or cardinality(claimed_ids) > 0 or seen_in_all >= 500;
    end loop;

    return query
    select
        message.id, message.channel, content.to_address, organization.name, content.subject, content.body, content.html,
        content.calendar, private.key_of_mail(content), case when kind.class <> 'essential' then content.unsubscribe_token end, content.content_sid, content.content_variables,
        message.id = any (doubtful_ids),
        kind.class = 'marketing', message.first_tried_at, message.attempts
    from public.messages message
    join private.message_kinds kind on kind.key = message.kind
    join public.message_contents content on content.org_id = message.org_id and content.message_id = message.id
    join public.organizations organization on organization.id = message.org_id
    where message.id = any (claimed_ids)
    order by message.send_after, message.id;
end;
$$;

-- Decides about one locked message: claims it, drops it, or leaves it for a better hour. Returns whether it is claimed.
create function private.claim_message(p_message public.messages, p_worker_id uuid, p_lease interval)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    address text;
    drop_reason text;
    sendable_at timestamptz;
begin
    if p_message.attempts >= private.max_attempts() then
        perform private.give_up_message(p_message);
        return false;
    end if;

    if not private.is_to_be_looked_up(p_message) then
        address := private.address_of_message(p_message);
        drop_reason := private.message_drop_reason(p_message, address);
        sendable_at := private.sendable_at(p_message);
        if drop_reason is null and sendable_at > coalesce(
            case when p_message.kind = 'lesson_reminder' then p_message.about_at end, 'infinity'
        ) then
            drop_reason := 'window_missed';
        end if;
        if drop_reason is not null then
            perform private.drop_message(p_message, drop_reason);
            if drop_reason = 'text_not_approved' then
                perform private.queue_as_sms(p_message);
            end if;
            return false;
        end if;
        if sendable_at > private.clock() then
            update public.messages set available_at = sendable_at where id = p_message.id;
            return false;
        end if;
        perform private.write_content(p_message, address);
    end if;

    update public.messages
    set status = 'claimed',
        claimed_by = p_worker_id,
        available_at = private.clock() + p_lease,
        attempts = messages.attempts + 1,
        may_be_sent = true,
        first_tried_at = coalesce(messages.first_tried_at, private.clock())
    where id = p_message.id;
    return true;
exception
    when data_exception or integrity_constraint_violation or syntax_error_or_access_rule_violation or plpgsql_error then
        perform private.drop_message(p_message, 'text_failed');
        return false;
end;
$$;

-- Whether an earlier worker may have sent a message, and Twilio can say so. A mail is repeated under its Message-ID.
create function private.is_to_be_looked_up(p_message public.messages)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return p_message.may_be_sent and p_message.channel in ('sms', 'whatsapp');

-- Shows what is due in the app to its recipients: nothing has to be sent for that.
create function private.deliver_app_messages(p_limit integer)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    due public.messages;
    drop_reason text;
begin
    for due in
        select message.*
        from public.messages message
        where message.id = any (
            array(
                select ready.id
                from public.messages ready
                where ready.status in ('queued', 'claimed', 'unknown')
                    and ready.available_at <= private.clock()
                    and ready.channel = 'app'
                order by ready.available_at, ready.id
                limit p_limit
                for update skip locked
            )
        )
    loop
        begin
            drop_reason := private.message_drop_reason(due, null);
            if drop_reason is null then
                perform private.write_content(due, null);
            end if;
        exception
            when data_exception or integrity_constraint_violation or syntax_error_or_access_rule_violation or plpgsql_error then
                drop_reason := 'text_failed';
        end;
        if drop_reason is not null then
            perform private.drop_message(due, drop_reason);
            continue;
        end if;
        update public.messages
        set status = 'sent',
            sent_at = private.clock()
        where id = due.id;
    end loop;
end;
$$;

-- Why a message is not sent after all; null: it is.
create function private.message_drop_reason(p_message public.messages, p_address text)
    returns text
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case
        when p_message.send_after < private.clock() - interval '72 hours' then 'too_late'
        when not private.is_message_true(p_message) or not private.may_still_know(p_message) then 'no_longer_true'
        when private.is_superseded(p_message) then 'superseded'
        when not private.is_for_address(p_message)
            and not private.is_wanted_still(p_message) then 'not_wanted'
        when p_message.channel <> 'app' and p_address is null then 'no_address'
        when private.is_suppressed(p_message, p_address) then 'suppressed'
        when private.has_had_enough(p_message, p_address) then 'too_many'
        when p_message.channel = 'whatsapp' and not private.has_template(p_message.org_id, p_message.kind, 'whatsapp') then 'text_not_approved'
    end;
end;
$$;

-- Whether what a message says is true now. What is said of an order's money stays true.
create function private.is_message_true(p_message public.messages)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case p_message.related_type
        when 'bookings' then exists (
            select
            from public.bookings booking
            where booking.org_id = p_message.org_id
                and booking.id = p_message.related_id
                and private.is_booking_message_true(p_message.kind, p_message.about_at, booking)
        )
        when 'alerts' then exists (
            select from public.alerts alert where alert.id = p_message.related_id and alert.resolved_at is null
        )
        when 'payments' then exists (
            select from public.payments payment where payment.id = p_message.related_id and payment.status = 'requires_payment'
        )
        when 'learner_credits' then exists (
            select
            from public.learner_credits credit
            where credit.id = p_message.related_id
                and (p_message.kind = 'buy_hours' or credit.status = 'active')
                and (p_message.about_at is null or (credit.expires_at = p_message.about_at and credit.minutes_left > 0))
        )
        when 'stripe_connect_accounts' then exists (
            select
            from public.stripe_connect_accounts account
            where account.id = p_message.related_id
                and account.status in ('incomplete', 'paused')
        )
        when 'invitations' then exists (
            select
            from public.invitations invitation
            where invitation.id = p_message.related_id
                and num_nonnulls(invitation.accepted_at, invitation.revoked_at) = 0
                and invitation.expires_at > private.clock()
        )
        when 'learner_guardians' then exists (
            select
            from public.learner_guardians link
            where link.id = p_message.related_id
                and num_nonnulls(link.consented_at, link.revoked_at) = 0
                and link.expires_at > private.clock()
        )
        when 'phone_codes' then private.can_confirm_code(p_message.related_id)
        else true
    end;
end;
$$;

-- Whether a later reminder of the same lesson is due to the same recipient by now, as after an outage: one of the two is enough.
create function private.is_superseded(p_message public.messages)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_message.kind = 'lesson_reminder' and (
        exists (
            select
            from private.planned_messages planned
            where planned.org_id = p_message.org_id
                and planned.booking_id = p_message.related_id
                and planned.kind = p_message.kind
                and planned.due_at <= private.clock()
        )
        or exists (
            select
            from public.messages later
            where later.org_id = p_message.org_id
                and later.related_type = 'bookings'
                and later.related_id = p_message.related_id
                and later.kind = p_message.kind
                and later.channel = p_message.channel
                and later.recipient_id is not distinct from p_message.recipient_id
                and later.status in ('queued', 'claimed', 'unknown', 'sent', 'delivered')
                and (later.send_after, later.id) > (p_message.send_after, p_message.id)
        )
    );
$$;

-- Whether the recipient still wants this message over its channel. An SMS may stand for a message by WhatsApp.
create function private.is_wanted_still(p_message public.messages)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(private.is_wanted(p_message.recipient_id, p_message.kind, p_message.channel), false)
        or (p_message.channel = 'sms' and coalesce(private.is_wanted(p_message.recipient_id, p_message.kind, 'whatsapp'), false));
$$;

-- Whether nothing may be sent to this address, or nothing that is not essential.
create function private.is_suppressed(p_message public.messages, p_address text)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from private.suppressed_addresses suppressed
        join private.message_kinds kind on kind.key = p_message.kind
        where suppressed.channel = p_message.channel
            and suppressed.address = p_address
            and (suppressed.cause <> 'unsubscribed' or kind.class <> 'essential')
    );
$$;

-- Whether an address that nobody has proven to be theirs has been sent forty messages within a day: those of learners without a login, and
-- of who is invited, are what a school says. So nobody has a stranger flooded.
create function private.has_had_enough(p_message public.messages, p_address text)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_message.recipient_id is null and (
        select count(*)
        from public.message_contents sent
        join public.messages message on message.org_id = sent.org_id and message.id = sent.message_id
        where sent.to_address = p_address
            and message.first_tried_at > private.clock() - interval '24 hours'
            and message.id <> p_message.id
    ) >= 40;
end;
$$;

-- The recipient's own time zone; else the organization's.
create function private.zone_of_recipient(p_message public.messages)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(profile.time_zone, organization.time_zone)
    from public.organizations organization
    left join public.profiles profile on profile.id = p_message.recipient_id
    where organization.id = p_message.org_id;
$$;

-- When a message may be sent: what is not urgent comes by SMS and WhatsApp, and what is not essential by mail, between 8 and 21 o'clock where
-- the recipient lives.
create function private.sendable_at(p_message public.messages)
    returns timestamptz
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when kind.is_urgent or (p_message.channel = 'email' and kind.class = 'essential') then private.clock()
        when here.hour >= 21 then (here.today + 1 + time '08:00') at time zone here.zone
        when here.hour < 8 then (here.today + time '08:00') at time zone here.zone
        else private.clock()
    end
    from private.message_kinds kind
    cross join lateral (
        select
            place.zone,
            (private.clock() at time zone place.zone)::date as today,
            extract(hour from private.clock() at time zone place.zone) as hour
        from (select private.zone_of_recipient(p_message) as zone) place
    ) here
    where kind.key = p_message.kind;
$$;

-- Where a message goes now: to the address that it was queued for, or to the recipient's.
create function private.address_of_message(p_message public.messages)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when private.is_for_address(p_message) then lower(content.to_address)
        else private.address_of(p_message.channel, p_message.recipient_id, p_message.learner_id)
    end
    from (select p_message.id) asked (message_id)
    left join public.message_contents content on content.org_id = p_message.org_id and content.message_id = asked.message_id;
$$;

-- Queues as SMS what WhatsApp has not approved, or not any more.
create function private.queue_as_sms(p_message public.messages)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    insert into public.messages (
        org_id, kind, channel, recipient_id, learner_id, related_type, related_id, dedupe_key, send_after, available_at, about_at
    )
    select
        p_message.org_id, p_message.kind, 'sms', p_message.recipient_id, p_message.learner_id, p_message.related_type,
        p_message.related_id, regexp_replace(p_message.dedupe_key, 'whatsapp$', 'sms'), p_message.send_after, private.clock(),
        p_message.about_at
    where private.has_template(p_message.org_id, p_message.kind, 'sms')
    on conflict (org_id, dedupe_key) do nothing;
$$;

-- Notes that a message is not sent, and why.
create function private.drop_message(p_message public.messages, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.messages
    set status = 'dropped',
        claimed_by = null,
        error = p_reason
    where id = p_message.id;
$$;

-- Ends the tries of a message: as failed, or as unknown, which a person has to look up, if one of them may have sent it.
create function private.give_up_message(p_message public.messages)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_message.may_be_sent and p_message.channel in ('sms', 'whatsapp') then
        update public.messages
        set status = 'unknown',
            claimed_by = null,
            available_at = null,
            error = coalesce(error, 'no_answer')
        where id = p_message.id;
    else
        update public.messages
        set status = 'failed',
            claimed_by = null,
            error = coalesce(error, 'no_answer')
        where id = p_message.id;
    end if;
end;
$$;
