-- The slot of a listed time: the published one, or one made for this booking, which is offered to nobody else. Refuses a
-- time that is not open at this instant. One made before, and free again, becomes what the service is now.
create function private.make_slot(
    p_service public.services,
    p_instructor public.instructors,
    p_start_at timestamptz
)
    returns public.bookable_slots
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    slot public.bookable_slots;
begin
    if not private.is_slot_open(p_instructor.id, p_service.id, p_start_at) then
        perform private.refuse_taken_slot();
    end if;

    insert into public.bookable_slots (
        org_id, service_id, instructor_id, start_at, end_at, max_bookings, is_published
    )
    values (
        p_service.org_id, p_service.id, p_instructor.id, p_start_at,
        p_start_at + make_interval(mins => p_service.duration_minutes), p_service.max_participants, false
    )
    on conflict (instructor_id, service_id, start_at) do nothing;

    select * into strict slot
    from public.bookable_slots
    where instructor_id = p_instructor.id
        and service_id = p_service.id
        and start_at = p_start_at;

    if (slot.end_at - slot.start_at, slot.max_bookings)
        <> (make_interval(mins => p_service.duration_minutes), p_service.max_participants)
    then
        perform private.expire_holds(slot.id);
        update public.bookable_slots
        set end_at = start_at + make_interval(mins => p_service.duration_minutes),
            max_bookings = p_service.max_participants
        where id = slot.id
            and not is_published
            and current_bookings = 0;
        select * into strict slot from public.bookable_slots where id = slot.id;
    end if;
    return slot;
end;
$$;
