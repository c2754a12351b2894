-- Moves a party's times into the calendar of the person who has got its login; or out of it, into the party's own, when the login goes.
-- Lessons that overlap there stand: they become one chain, and both organizations and the person are told, who resolve it. A lesson that
-- is booked at the same moment makes it fail with serialization_failure. 82_effects calls it when a login is linked.
create function private.move_calendar(p_org_id uuid, p_party_id uuid, p_person_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    overlapping_ids uuid[];
    moved private.person_calendar[];
    entered integer;
begin
    perform
    from private.person_calendar calendar
    where calendar.person_id = p_person_id
        or (calendar.org_id = p_org_id and calendar.instructor_id = p_party_id)
        or (calendar.org_id = p_org_id and calendar.learner_id = p_party_id)
    order by calendar.person_id, lower(calendar.during)
    for update;

    overlapping_ids := array(
        select distinct chain.id
        from private.person_calendar own
        join private.person_calendar other
            on other.person_id = p_person_id
            and other.during && own.during
            and other.chain_id <> own.chain_id
        cross join lateral unnest(array[own.chain_id, other.chain_id]) chain (id)
        where own.org_id = p_org_id
            and p_party_id in (own.instructor_id, own.learner_id)
    );

    with removed as (
        delete from private.person_calendar calendar
        where (calendar.org_id = p_org_id and calendar.instructor_id = p_party_id)
            or (calendar.org_id = p_org_id and calendar.learner_id = p_party_id)
            or (calendar.person_id = p_person_id and calendar.chain_id = any (overlapping_ids))
        returning calendar
    )

    select array_agg(removed.calendar) into moved
    from removed;

    insert into private.person_calendar (
        id, org_id, person_id, instructor_id, learner_id, slot_id, booking_id, entry_id, chain_id, during, expires_at, created_at
    )
    select
        own.id, own.org_id, p_person_id, own.instructor_id, own.learner_id, own.slot_id, own.booking_id, own.entry_id,
        case when own.chain_id = any (overlapping_ids) then p_person_id else own.chain_id end,
        own.during, own.expires_at, own.created_at
    from unnest(moved) own
    order by lower(own.during)
    on conflict do nothing;

    get diagnostics entered = row_count;
    if entered < cardinality(moved) then
        raise exception using errcode = 'serialization_failure', message = 'A lesson was booked at the same moment.';
    end if;
    perform private.report_overlaps(p_person_id);
end;
$$;

-- Tells both sides of lessons ahead of one person that overlap: of each lesson its organization and the person. Told once a lesson.
create function private.report_overlaps(p_person_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.raise_alert(
        own.org_id, own.instructor_id, 'calendars_overlap',
        format(
            'The lesson from %s to %s UTC overlaps another of the same person, whose login has been linked. Move or cancel one of them.',
            to_char(lower(own.during) at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
            to_char(upper(own.during) at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
        ),
        case when own.slot_id is not null then 'bookable_slots' else 'bookings' end,
        coalesce(own.slot_id, own.booking_id, own.id),
        format('calendar:%s:overlaps', own.id), own.learner_id
    )
    from private.person_calendar own
    where own.person_id = p_person_id
        and own.chain_id = p_person_id
        and upper(own.during) > private.clock()
        and own.expires_at > private.clock()
        and exists (
            select
            from private.person_calendar other
            where other.person_id = own.person_id
                and other.id <> own.id
                and other.during && own.during
                and other.expires_at > private.clock()
        )
    order by lower(own.during);
$$;
