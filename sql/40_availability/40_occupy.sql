-- Enters times into the calendars of persons, and returns the ids of those that found the person free. All go in by one insert, in the
-- order of persons and times, so that two who teach each other cannot deadlock; "on conflict do nothing", because an insert that catches
-- the violation deadlocks in a race. Called when a booking takes or keeps its time.
create function private.occupy(p_wanted private.person_calendar[])
    returns uuid[]
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    entered_ids uuid[];
begin
    perform private.clear_expired_times(p_wanted);

    with entered as (
        insert into private.person_calendar (
            id, org_id, person_id, instructor_id, learner_id, slot_id, booking_id, entry_id, chain_id, during, expires_at
        )
        select
            wanted.id, wanted.org_id, wanted.person_id, wanted.instructor_id, wanted.learner_id, wanted.slot_id, wanted.booking_id,
            wanted.entry_id, wanted.chain_id, wanted.during, wanted.expires_at
        from unnest(p_wanted) wanted
        order by wanted.person_id, lower(wanted.during)
        on conflict do nothing
        returning id
    )

    select coalesce(array_agg(entered.id), '{}') into entered_ids
    from entered;
    return entered_ids;
end;
$$;

-- Removes the expired times that are in the way, of any organization. The bookings behind them stay as they are, so that one school's
-- request never expires another's order: a late payment enters the time again, or is refunded. A slot's own row goes only with its last
-- seat, because whoever frees that locks the slot first.
create function private.clear_expired_times(p_wanted private.person_calendar[])
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    delete from private.person_calendar
    where id = any (
        array(
            select expired.id
            from unnest(p_wanted) wanted
            join private.person_calendar expired
                on expired.person_id = wanted.person_id
                and expired.during && wanted.during
            where expired.expires_at <= private.clock()
                and not exists (
                    select
                    from unnest(p_wanted) same
                    where same.slot_id = expired.slot_id
                )
            order by expired.person_id, lower(expired.during)
            for update of expired
        )
    );
end;
$$;

-- A booked slot keeps its time, service and instructor, in Studio too: its bookings and the calendar copied them. With its last
-- booking it may get another length.
-- Definer: the writer may have no access to private.
create function private.forbid_moving_taken_slot()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if old.current_bookings > 0
        and (
            (new.start_at, new.service_id, new.instructor_id) <> (old.start_at, old.service_id, old.instructor_id)
            or (new.end_at <> old.end_at and new.current_bookings > 0)
        )
    then
        perform private.refuse(
            'PT409', 'slot_is_booked',
            'This slot is booked, so its time, service and instructor cannot change.',
            'Publish another slot, and reschedule the booking to it.'
        );
    end if;
    return new;
end;
$$;

create trigger forbid_moving_taken_slot
    before update on public.bookable_slots
    for each row execute function private.forbid_moving_taken_slot();
