-- Publishes the times of an instructor's opening hours as bookable slots, within the horizon. Run again, it adds only what
-- is missing; a withdrawn slot comes back as the service is now, unless it is booked.
-- Definer: slots are made by our functions alone, so that they fit the opening hours.
create function private.publish_slots(
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
    published integer;
begin
    perform private.check_time_range(p_from, p_to, 400);
    if p_to <= private.clock() or p_to > private.clock() + make_interval(hours => 24 * instructor.horizon_days) then
        perform private.refuse(
            'PT422', 'bad_time_range',
            format('Times can be published for the next %s days.', instructor.horizon_days),
            'Send a p_to that is still to come, within that horizon.'
        );
    end if;

    insert into public.bookable_slots as slot (
        org_id, service_id, instructor_id, availability_window_id, start_at, end_at, max_bookings
    )
    select
        service.org_id, service.id, instructor.id,
        slot_time.availability_window_id, slot_time.start_at, slot_time.end_at, service.max_participants
    from public.services service
    cross join private.slot_times(service.id, instructor.id, greatest(p_from, private.clock()), p_to) slot_time
    where service.id = p_service_id
        and slot_time.start_at > private.clock()
    on conflict (instructor_id, service_id, start_at) do update
        set is_published = true,
            is_withdrawn_when_free = false,
            availability_window_id = excluded.availability_window_id,
            end_at = case slot.current_bookings when 0 then excluded.end_at else slot.end_at end,
            max_bookings = case slot.current_bookings when 0 then excluded.max_bookings else slot.max_bookings end
        where not slot.is_published
            or slot.is_withdrawn_when_free;

    get diagnostics published = row_count;
    return published;
end;
$$;
