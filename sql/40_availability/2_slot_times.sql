-- The times that an instructor's weekly windows give for a service, between two instants. It walks local dates, so that
-- nine o'clock stays nine o'clock across a change of the clocks; a local time that does not exist is skipped, one that
-- occurs twice is its second occurrence, in standard time. Buffers lie between neighbouring slots.
create function private.slot_times(
    p_service_id uuid,
    p_instructor_id uuid,
    p_from timestamptz,
    p_to timestamptz
)
    returns table (start_at timestamptz, end_at timestamptz, availability_window_id uuid)
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    with opening as (
        select
            availability.id as window_id,
            availability.time_zone,
            day.local_date + availability.start_time as opens_at,
            day.local_date + availability.end_time
                + case when availability.end_time <= availability.start_time then interval '1 day' else interval '0' end
                as closes_at,
            service.duration_minutes * interval '1 minute' as duration,
            (instructor.buffer_before_minutes + instructor.buffer_after_minutes) * interval '1 minute' as buffers
        from public.availability_windows availability
        join public.instructors instructor on instructor.id = availability.instructor_id
        join public.services service on service.id = p_service_id
        cross join lateral (
            select (p_from at time zone availability.time_zone)::date - 1 + step.days as local_date
            from generate_series(
                0,
                (p_to at time zone availability.time_zone)::date - (p_from at time zone availability.time_zone)::date + 1
            ) step (days)
        ) day
        where availability.instructor_id = p_instructor_id
            and availability.is_active
            and extract(dow from day.local_date) = availability.day_of_week
            and day.local_date >= coalesce(availability.effective_from, day.local_date)
            and day.local_date <= coalesce(availability.effective_to, day.local_date)
    ),

    local_start as (
        select
            opening.*,
            start_series.local_time
        from opening
        cross join lateral generate_series(
            opening.opens_at,
            opening.closes_at - opening.duration,
            opening.duration + opening.buffers
        ) start_series (local_time)
    )

    select distinct on (local_start.local_time at time zone local_start.time_zone)
        local_start.local_time at time zone local_start.time_zone,
        (local_start.local_time at time zone local_start.time_zone) + local_start.duration,
        local_start.window_id
    from local_start
    where (local_start.local_time at time zone local_start.time_zone) at time zone local_start.time_zone
        = local_start.local_time
        and local_start.local_time at time zone local_start.time_zone >= p_from
        and local_start.local_time at time zone local_start.time_zone < p_to
        and (local_start.local_time at time zone local_start.time_zone) + local_start.duration
        <= local_start.closes_at at time zone local_start.time_zone
    order by local_start.local_time at time zone local_start.time_zone, local_start.window_id;
$$;
