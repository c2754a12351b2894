-- A trip as a GeoJSON Feature: its simplified line, of a trip that is still open by the points until now.
-- Definer: nobody reads points directly.
create function private.trip_geojson(p_trip_id uuid)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    trip public.trips;
    coordinates jsonb;
begin
    perform private.require_person();
    select * into trip
    from public.trips
    where id = p_trip_id
        and (
            learner_id = any (private.my_family_ids())
            or instructor_id = any (private.my_instructor_ids())
            or org_id = any (private.my_admin_org_ids())
        );
    if not found then
        perform private.refuse_unknown_trip();
    end if;

    coordinates := case
        when trip.ended_at is not null then trip.line
        else (
            select private.coordinates_of(private.simplify_line(drive.places, 10))
            from private.drive_of(trip.org_id, array[trip.id]) drive
        )
    end;
    return jsonb_build_object(
        'type', 'Feature',
        'id', trip.id,
        'geometry', case
            when jsonb_array_length(coordinates) > 1 then jsonb_build_object('type', 'LineString', 'coordinates', coordinates)
        end,
        'properties', jsonb_build_object(
            'lesson_id', trip.lesson_id,
            'started_at', trip.started_at,
            'ended_at', trip.ended_at,
            'distance_meters', trip.distance_meters,
            'duration_seconds', trip.duration_seconds
        )
    );
end;
$$;

-- The points of a trip in the order of time, a page at a time; for its learner, guardians who may view, and its instructor.
-- Definer: nobody reads points directly.
create function private.list_trip_points(p_trip_id uuid, p_after timestamptz, p_limit integer)
    returns table (
        ts timestamptz,
        lat numeric,
        lng numeric,
        speed_kph numeric,
        accuracy_meters numeric,
        received_at timestamptz
    )
    language plpgsql
    stable
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
        and (
            learner_id = any (private.my_family_ids())
            or instructor_id = any (private.my_instructor_ids())
        );
    if not found then
        perform private.refuse_unknown_trip();
    end if;

    return query
    select recorded.ts, recorded.lat, recorded.lng, recorded.speed_kph, recorded.accuracy_meters, recorded.received_at
    from private.trip_points recorded
    where recorded.org_id = trip.org_id
        and recorded.trip_id = trip.id
        and recorded.ts > coalesce(p_after, '-infinity')
    order by recorded.ts
    limit private.page_size(p_limit, 1000, 1000);
end;
$$;
