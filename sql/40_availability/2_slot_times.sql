-- The times that an instructor's weekly windows give for a service, between two instants. It walks local dates, so that
-- nine o'clock stays nine o'clock across a change of the clocks; a local time that does not exist is skipped, one that
-- occurs twice is its second occurrence, in standard time. Buffers lie between neighbouring slots, also where the clocks
-- skip an hour: what would begin before its neighbour has ended is left out.
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
    ),

    existing as (
        select
            local_start.*,
            local_start.local_time at time zone local_start.time_zone as starts_at
        from local_start
        where (local_start.local_time at time zone local_start.time_zone) at time zone local_start.time_zone
            = local_start.local_time
    ),

    fitting as (
        select
            existing.*,
            lag(existing.starts_at) over (
                partition by existing.window_id, existing.opens_at order by existing.starts_at
            ) as previous_starts_at
        from existing
        where existing.starts_at + existing.duration <= existing.closes_at at time zone existing.time_zone
    )

    select distinct on (fitting.starts_at)
        fitting.starts_at,
        fitting.starts_at + fitting.duration,
        fitting.window_id
    from fitting
    where fitting.starts_at >= p_from
        and fitting.starts_at < p_to
        and coalesce(fitting.starts_at >= fitting.previous_starts_at + fitting.duration + fitting.buffers, true)
    order by fitting.starts_at, fitting.window_id;
$$;
