-- Queues a message for each of these people over each channel that they want for its kind, once: what has the same version is the same
-- message. A learner without a login is told at the school's address for them. Called by the tell_of_ functions, in the transaction that
-- causes the message.
create function private.queue_messages(
    p_org_id uuid,
    p_kind text,
    p_person_ids uuid[],
    p_learner_id uuid,
    p_related_type text,
    p_related_id uuid,
    p_version text default '',
    p_about_at timestamptz default null
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into public.messages (
        org_id, kind, channel, recipient_id, learner_id, related_type, related_id, dedupe_key, send_after, available_at, about_at
    )
    select
        p_org_id, p_kind, wanted.channel, told.person_id, p_learner_id, p_related_type, p_related_id,
        format(
            '%s:%s:%s:%s:%s', p_kind, p_related_id, p_version, coalesce(told.person_id, p_learner_id), wanted.channel
        ),
        private.clock(), private.clock(), p_about_at
    from (
        select distinct person.id
        from unnest(p_person_ids) person (id)
        union all
        select null
        where private.has_no_login(p_learner_id)
    ) told (person_id)
    cross join lateral private.wanted_channels(p_org_id, told.person_id, p_kind) wanted (channel)
    on conflict (org_id, dedupe_key) do nothing;
end;
$$;

-- Queues a message for an address of which nobody is known to be the owner: who is invited, or whose number is to be proven. No login reads it.
create function private.queue_for_address(
    p_org_id uuid,
    p_kind text,
    p_channel public.message_channel,
    p_address text,
    p_related_type text,
    p_related_id uuid
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    with queued as (
        insert into public.messages (
            org_id, kind, channel, related_type, related_id, dedupe_key, send_after, available_at
        )
        values (
            p_org_id, p_kind, p_channel, p_related_type, p_related_id, format('%s:%s:%s', p_kind, p_related_id, p_channel),
            private.clock(), private.clock()
        )
        on conflict (org_id, dedupe_key) do nothing
        returning id
    )

    insert into public.message_contents (org_id, message_id, to_address)
    select p_org_id, queued.id, p_address
    from queued;
$$;

-- Queues what was planned and is due, for whoever is to be told by now. Called by claim_messages.
create function private.queue_planned_messages(p_limit integer)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    planned private.planned_messages;
    booking public.bookings;
    queued integer := 0;
begin
    for planned in
        delete from private.planned_messages due
        where due.ctid = any (
            array(
                select next.ctid
                from private.planned_messages next
                where next.due_at <= private.clock()
                order by next.due_at
                limit p_limit
                for update skip locked
            )
        )
        returning due.*
    loop
        select * into booking from public.bookings where org_id = planned.org_id and id = planned.booking_id;
        if private.is_booking_message_true(planned.kind, planned.about_at, booking) then
            perform private.tell_both_sides(planned.kind, booking, planned.about_at, planned.due_at::text);
        end if;
        queued := queued + 1;
    end loop;
    return queued;
end;
$$;
