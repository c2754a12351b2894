-- Finishes a trip and measures it; for its instructor. Finishing it again changes nothing.
-- Definer: trips change only through functions.
create function private.finish_trip(p_trip_id uuid)
    returns table (distance_meters integer, duration_seconds integer, point_count integer)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    trip public.trips;
begin
    perform private.require_person();
    select * into trip
    from public.trips
    where id = p_trip_id
        and instructor_id = any (private.my_instructor_ids())
    for no key update;

    if not found then
        perform private.refuse_unknown_trip();
    end if;
    if trip.ended_at is null then
        trip.ended_at := least(private.clock(), upper(private.tracked_time_of(trip)));
        perform private.measure_trip(trip);
    end if;

    return query
    select measured.distance_meters, measured.duration_seconds, measured.point_count
    from public.trips measured
    where measured.org_id = trip.org_id
        and measured.id = trip.id;
end;
$$;

-- Measures a trip by all of its points: distance, line, and times, which points from before and after may extend. The lesson's distance is
-- that of its trips together: what is sent with two of them is driven once. The caller has locked the trip.
create function private.measure_trip(p_trip public.trips)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    first_at timestamptz;
    last_at timestamptz;
    points integer;
    meters double precision;
    places point[];
    trip_ids constant uuid[] := array(
        select trip.id
        from public.trips trip
        where trip.org_id = p_trip.org_id
            and trip.lesson_id = p_trip.lesson_id
            and (trip.ended_at is not null or trip.id = p_trip.id)
    );
begin
    select min(recorded.ts), max(recorded.ts), count(*) into first_at, last_at, points
    from private.trip_points recorded
    where recorded.org_id = p_trip.org_id
        and recorded.trip_id = p_trip.id;
    select drive.meters, drive.places into meters, places
    from private.drive_of(p_trip.org_id, array[p_trip.id]) drive;

    update public.trips
    set started_at = least(p_trip.started_at, first_at),
        ended_at = greatest(p_trip.ended_at, p_trip.started_at, last_at),
        distance_meters = round(meters),
        point_count = points,
        line = private.coordinates_of(private.simplify_line(places, 10))
    where org_id = p_trip.org_id
        and id = p_trip.id;
    update public.lessons
    set distance_meters = case
        when p_trip.id = all (trip_ids) then round(meters)
        else (select round(drive.meters) from private.drive_of(p_trip.org_id, trip_ids) drive)
    end
    where org_id = p_trip.org_id
        and id = p_trip.lesson_id;
end;
$$;
