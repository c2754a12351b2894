-- When an instructor has closed a part of a date, as ranges of instants.
create function private.closed_times(p_instructor_id uuid, p_from timestamptz, p_to timestamptz)
    returns tstzmultirange
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return coalesce(
        (
            select range_agg(
                tstzrange(
                    private.as_instant(closed.on_date + closed.start_time, closed.time_zone),
                    private.as_instant(
                        closed.on_date + closed.end_time + private.after_midnight(closed.start_time, closed.end_time),
                        closed.time_zone
                    )
                )
            )
            from public.availability_exceptions closed
            where closed.instructor_id = p_instructor_id
                and not closed.is_available
                and closed.on_date between (p_from at time zone closed.time_zone)::date - 2
                and (p_to at time zone closed.time_zone)::date + 1
        ),
        '{}'
    );
end;
$$;
