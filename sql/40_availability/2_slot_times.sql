-- The times that an instructor's opening hours give for a service, between two instants. Buffers lie between neighbouring
-- slots. A local time that does not exist is skipped; one that occurs twice is its second occurrence, in standard time.
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
    with grid as (
        select
            service.duration_minutes * interval '1 minute' as duration,
            (service.duration_minutes + instructor.buffer_before_minutes + instructor.buffer_after_minutes)
                * interval '1 minute' as step,
            private.closed_times(p_instructor_id, p_from, p_to) as closed
        from public.services service
        join public.instructors instructor on instructor.id = p_instructor_id
        where service.id = p_service_id
    ),

    candidate as (
        select
            grid.closed,
            opening.availability_window_id,
            opening.closes_at,
            start_series.local_time,
            start_series.local_time at time zone opening.time_zone as start_at,
            (start_series.local_time at time zone opening.time_zone) + grid.duration as end_at,
            opening.time_zone
        from grid
        cross join private.opening_hours(p_instructor_id, p_from, p_to) opening
        cross join lateral generate_series(
            opening.local_open,
            opening.local_close - grid.duration,
            grid.step
        ) start_series (local_time)
    )

    select distinct on (candidate.start_at)
        candidate.start_at,
        candidate.end_at,
        candidate.availability_window_id
    from candidate
    where candidate.start_at at time zone candidate.time_zone = candidate.local_time
        and candidate.start_at >= p_from
        and candidate.start_at < p_to
        and candidate.end_at <= candidate.closes_at
        and not candidate.closed && tstzrange(candidate.start_at, candidate.end_at)
    order by candidate.start_at, candidate.availability_window_id;
$$;
