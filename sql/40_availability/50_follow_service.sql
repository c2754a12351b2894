-- A free slot is as long as its service and has as many seats, whoever writes it; a booked one keeps what was booked. It follows
-- its service once its last booking has ended. Definer: the writer need not be able to read the service.
create function private.follow_service()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.current_bookings = 0
        and (
            tg_op = 'INSERT'
            or old.current_bookings > 0
            or new.is_published and not old.is_published
            or (new.start_at, new.end_at, new.max_bookings, new.service_id)
            <> (old.start_at, old.end_at, old.max_bookings, old.service_id)
        )
    then
        select new.start_at + make_interval(mins => service.duration_minutes), service.max_participants
        into new.end_at, new.max_bookings
        from public.services service
        where service.org_id = new.org_id
            and service.id = new.service_id;
    end if;
    return new;
end;
$$;

create trigger follow_service
    before insert or update on public.bookable_slots
    for each row execute function private.follow_service();

-- Gives the free slots ahead of a service its new length and seats, and withdraws those that the instructor is not open for any
-- more. Slots are locked in the order of their times, like everywhere. 82_effects calls it when a service changes.
create function private.update_free_slots(p_service public.services)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    free_ids uuid[];
    instructor_id uuid;
begin
    free_ids := array(
        select slot.id
        from public.bookable_slots slot
        where slot.org_id = p_service.org_id
            and slot.service_id = p_service.id
            and slot.start_at > private.clock()
            and slot.current_bookings = 0
        order by slot.start_at, slot.id
        for no key update
    );

    update public.bookable_slots slot
    set end_at = slot.start_at + make_interval(mins => p_service.duration_minutes),
        max_bookings = p_service.max_participants
    where slot.id = any (free_ids)
        and slot.current_bookings = 0;

    for instructor_id in
        select distinct slot.instructor_id
        from public.bookable_slots slot
        where slot.id = any (free_ids)
        order by slot.instructor_id
    loop
        perform private.withdraw_closed_slots(instructor_id, private.clock(), 'infinity');
    end loop;
end;
$$;
