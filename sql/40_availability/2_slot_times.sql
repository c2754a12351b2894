-- The times that an instructor's opening hours give for a service, between two instants. A local time that does not exist is
-- skipped; one that occurs twice is its second occurrence, in standard time. Buffers lie between neighbouring slots, also
-- where the clocks skip an hour: what would begin before its neighbour has ended is left out.
create function private.slot_times(
    p_service_id uuid,
    p_instructor_id uuid,
    p_from timestamptz,
    p_to timestamptz
)
    returns table (start_at timestamptz, end_at timestamptz, availability_window_id uuid)
    language plpgsql
    stable
    security invoker
    rows 200
    set search_path = ''
as $$
declare
    closed constant tstzmultirange := private.closed_times(p_instructor_id, p_from, p_to);
    duration interval;
    step interval;
begin
    select
        make_interval(mins => service.duration_minutes),
        make_interval(
            mins => service.duration_minutes + instructor.buffer_before_minutes + instructor.buffer_after_minutes
        )
    into duration, step
    from public.services service
    join public.instructors instructor on instructor.id = p_instructor_id
    where service.id = p_service_id;

    return query
    with existing as (
        select
            candidate.start_at,
            opening.availability_window_id,
            lag(candidate.start_at) over (
                partition by opening.availability_window_id, opening.local_open, opening.time_zone
                order by candidate.start_at
            ) as previous_start_at
        from private.opening_hours(p_instructor_id, p_from, p_to) opening
        cross join lateral generate_series(
            opening.local_open, opening.local_close - duration, step
        ) start_series (local_time)
        cross join lateral (
            select start_series.local_time at time zone opening.time_zone as start_at
        ) candidate
        where candidate.start_at at time zone opening.time_zone = start_series.local_time
            and candidate.start_at + duration <= opening.closes_at
    )

    select distinct on (existing.start_at)
        existing.start_at,
        existing.start_at + duration,
        existing.availability_window_id
    from existing
    where existing.start_at >= p_from
        and existing.start_at < p_to
        and coalesce(existing.start_at >= existing.previous_start_at + step, true)
        and not closed && tstzrange(existing.start_at, existing.start_at + duration)
    order by existing.start_at, existing.availability_window_id;
end;
$$;
