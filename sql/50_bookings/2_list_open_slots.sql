-- The open times of a service, in UTC and local time. Definer: visitors may not read windows and calendars.
create function private.list_open_slots(
    p_instructor_id uuid,
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz
)
    returns table (
        start_at timestamptz,
        end_at timestamptz,
        local_start timestamp,
        local_end timestamp,
        time_zone text,
        slot_id uuid,
        seats_left integer
    )
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
begin
    perform private.check_time_range(p_from, p_to, 62);
    if not exists (
        select
        from public.services service
        join public.instructors instructor
            on instructor.org_id = service.org_id
            and instructor.id = p_instructor_id
        where service.id = p_service_id
            and coalesce(service.instructor_id, p_instructor_id) = p_instructor_id
    ) then
        perform private.refuse(
            'PT404', 'service_not_found',
            'This instructor gives no such lesson.',
            'Check the service and the instructor.'
        );
    end if;

    return query
    select
        open_slot.start_at,
        open_slot.end_at,
        open_slot.start_at at time zone open_slot.time_zone,
        open_slot.end_at at time zone open_slot.time_zone,
        open_slot.time_zone,
        open_slot.slot_id,
        open_slot.seats_left
    from private.open_slots(p_instructor_id, p_service_id, p_from, p_to) open_slot;
end;
$$;
