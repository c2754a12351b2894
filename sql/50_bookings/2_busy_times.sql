-- When a person's calendar is taken around a range of times: by lessons, buffers included, and by busy blocks. A hold whose
-- deadline has passed takes nothing, swept or not.
create function private.busy_times(p_person_id uuid, p_from timestamptz, p_to timestamptz)
    returns tstzmultirange
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return coalesce(
        (
            select range_agg(calendar.during)
            from private.instructor_calendar calendar
            where calendar.person_id = p_person_id
                and calendar.during && tstzrange(p_from - interval '2 days', p_to + interval '2 days')
                and (calendar.slot_id is null or private.seats_taken(calendar.slot_id) > 0)
        ),
        '{}'
    );
end;
$$;
