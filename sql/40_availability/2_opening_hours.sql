-- When an instructor is open between two instants: the weekly windows and the openings of single dates. It walks local
-- dates, so that nine o'clock stays nine o'clock across a change of the clocks.
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
    set search_path = ''
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
        select null, opened.time_zone, opened.on_date, opened.start_time, opened.end_time
        from public.availability_exceptions opened
        where opened.instructor_id = p_instructor_id
            and opened.is_available
            and opened.on_date between (p_from at time zone opened.time_zone)::date - 1
            and (p_to at time zone opened.time_zone)::date
    ),

    local as (
        select
            opening.window_id,
            opening.zone,
            opening.on_date + opening.start_time as opens,
            opening.on_date + opening.end_time + private.after_midnight(opening.start_time, opening.end_time) as closes
        from opening
    )

    select
        local.window_id, local.zone, local.opens, local.closes,
        private.as_instant(local.opens, local.zone), private.as_instant(local.closes, local.zone)
    from local;
end;
$$;
