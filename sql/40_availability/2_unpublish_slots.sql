-- Withdraws free slots at once, and booked ones when they are free again. Slots are locked in the order of their times, as
-- a series takes them, so that nobody deadlocks. Definer: slots change only through functions.
create function private.unpublish_slots(
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_instructor_id uuid
)
    returns integer
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    instructor public.instructors := private.require_service_to_publish(p_service_id, p_instructor_id);
    withdrawn integer;
begin
    perform private.check_time_range(p_from, p_to, 400);

    perform
    from public.bookable_slots slot
    where slot.service_id = p_service_id
        and slot.instructor_id = instructor.id
        and slot.is_published
        and slot.start_at >= greatest(p_from, private.clock())
        and slot.start_at < p_to
    order by slot.start_at, slot.id
    for no key update;

    with changed as (
        update public.bookable_slots slot
        set is_published = slot.current_bookings > 0,
            is_withdrawn_when_free = slot.current_bookings > 0
        where slot.service_id = p_service_id
            and slot.instructor_id = instructor.id
            and slot.is_published
            and not slot.is_withdrawn_when_free
            and slot.start_at >= greatest(p_from, private.clock())
            and slot.start_at < p_to
        returning slot.is_published
    )

    select count(*) into withdrawn
    from changed
    where not changed.is_published;
    return withdrawn;
end;
$$;
