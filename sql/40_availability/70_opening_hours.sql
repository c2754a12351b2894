-- The times at which a service could start within an instructor's opening hours, between two instants; whether the instructor
-- is busy plays no part. Neighbouring times leave room for both buffers. A local time that the clocks skip is left out, and
-- one that occurs twice counts as the second, in standard time; where the clocks skip an hour, a time that would start before
-- the previous lesson has ended is left out too.
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
    set search_path = '', pg_temp
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

-- When an instructor is open between two instants, by weekly windows and by exceptions that open a time. It goes through local
-- dates, so that nine o'clock stays nine o'clock when the clocks change. An exception lasts at most a year, so older ones are not read.
create function private.opening_hours(p_instructor_id uuid, p_from timestamptz, p_to timestamptz)
    returns table (
        availability_window_id uuid,
        time_zone text,
        local_open timestamp,
        local_close timestamp,
        opens_at timestamptz,
        closes_at timestamptz
    )
    language plpgsql
    stable
    security invoker
    rows 50
    set search_path = '', pg_temp
as $$
begin
    return query
    with opening (window_id, zone, on_date, start_time, end_time) as (
        select availability.id, availability.time_zone, day.local_date, availability.start_time, availability.end_time
        from public.availability_windows availability
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
        union all
        select null, opened.time_zone, opened.first_date + step.days, opened.start_time, opened.end_time
        from (
            select
                opening.*,
                greatest(opening.on_date, (p_from at time zone opening.time_zone)::date - 1) as first_date,
                least(
                    coalesce(opening.last_date, opening.on_date), (p_to at time zone opening.time_zone)::date
                ) as final_date
            from public.availability_exceptions opening
            where opening.instructor_id = p_instructor_id
                and opening.is_available
                and opening.on_date between (p_from at time zone 'UTC')::date - 370 and (p_to at time zone 'UTC')::date + 1
        ) opened
        cross join lateral generate_series(0, opened.final_date - opened.first_date) step (days)
    ),

    local as (
        select
            opening.window_id,
            opening.zone,
            opening.on_date + opening.start_time as opens,
            opening.on_date + opening.end_time + private.next_day_offset(opening.start_time, opening.end_time) as closes
        from opening
    )

    select
        local.window_id, local.zone, local.opens, local.closes,
        private.as_instant(local.opens, local.zone), private.as_instant(local.closes, local.zone)
    from local;
end;
$$;

-- When an instructor is open between two instants, less what exceptions close.
create function private.open_times(p_instructor_id uuid, p_from timestamptz, p_to timestamptz)
    returns tstzmultirange
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(
        (
            select range_agg(tstzrange(opening.opens_at, opening.closes_at))
            from private.opening_hours(p_instructor_id, p_from, p_to) opening
        ),
        '{}'
    ) - private.closed_times(p_instructor_id, p_from, p_to);
end;
$$;

-- The times that an instructor has closed by exceptions, as ranges of instants.
create function private.closed_times(p_instructor_id uuid, p_from timestamptz, p_to timestamptz)
    returns tstzmultirange
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(
        (
            select range_agg(
                tstzrange(
                    private.as_instant(day.local_date + closed.start_time, closed.time_zone),
                    private.as_instant(
                        day.local_date + closed.end_time + private.next_day_offset(closed.start_time, closed.end_time),
                        closed.time_zone
                    )
                )
            )
            from (
                select
                    closing.*,
                    greatest(closing.on_date, (p_from at time zone closing.time_zone)::date - 2) as first_date,
                    least(
                        coalesce(closing.last_date, closing.on_date), (p_to at time zone closing.time_zone)::date + 1
                    ) as final_date
                from public.availability_exceptions closing
                where closing.instructor_id = p_instructor_id
                    and not closing.is_available
                    and closing.on_date between (p_from at time zone 'UTC')::date - 370 and (p_to at time zone 'UTC')::date + 2
            ) closed
            cross join lateral generate_series(0, closed.final_date - closed.first_date) step (days)
            cross join lateral (select closed.first_date + step.days as local_date) day
        ),
        '{}'
    );
end;
$$;

-- One day if a range of local times ends on the day after it starts, else nothing.
create function private.next_day_offset(p_start_time time, p_end_time time)
    returns interval
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case when p_end_time <= p_start_time then interval '1 day' else interval '0' end;
end;
$$;

-- The instant of a local time. A local time that occurs twice is the second; one that the clocks skip is the moment of the
-- skip. So a range of local times never ends before it starts.
create function private.as_instant(p_local_time timestamp, p_time_zone text)
    returns timestamptz
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    nominal constant timestamptz := p_local_time at time zone p_time_zone;
    skipped constant interval := (nominal at time zone p_time_zone) - p_local_time;
begin
    if skipped = interval '0' then
        return nominal;
    end if;
    return (
        select min(moment)
        from generate_series(nominal - skipped, nominal, interval '1 minute') moment
        where moment at time zone p_time_zone >= p_local_time
    );
end;
$$;
