-- The metres between two places, along the surface of the earth (haversine).
create function private.meters_between(
    p_lat double precision,
    p_lng double precision,
    p_other_lat double precision,
    p_other_lng double precision
)
    returns double precision
    language sql
    immutable
    parallel safe
    security invoker
    set search_path = '', pg_temp
as $$
    select 2 * 6371008.8 * asin(
        sqrt(
            least(
                1,
                sin(radians(p_other_lat - p_lat) / 2) ^ 2
                + cos(radians(p_lat)) * cos(radians(p_other_lat)) * sin(radians(p_other_lng - p_lng) / 2) ^ 2
            )
        )
    );
$$;

-- The speed of covering a distance between two instants, which are a millisecond apart at least.
create function private.kph(p_meters double precision, p_from timestamptz, p_to timestamptz)
    returns double precision
    language sql
    immutable
    parallel safe
    security invoker
    set search_path = '', pg_temp
as $$
    select p_meters * 3.6 / greatest(extract(epoch from p_to - p_from)::double precision, 0.001);
$$;

-- The credible points of trips, with the speed that it would take from the point before and to the next; the first of each second, so that
-- the work is bounded by how long the lesson is, however many points are sent, and a drive that is sent with two trips counts once.
create function private.legs_of(p_org_id uuid, p_trip_ids uuid[])
    returns table (
        ts timestamptz,
        lat double precision,
        lng double precision,
        speed_kph numeric,
        doubt double precision,
        kph_before double precision,
        kph_after double precision
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        here.ts, here.lat, here.lng, here.speed_kph, here.doubt,
        private.kph(
            private.meters_between(lag(here.lat) over in_time, lag(here.lng) over in_time, here.lat, here.lng),
            lag(here.ts) over in_time, here.ts
        ),
        private.kph(
            private.meters_between(here.lat, here.lng, lead(here.lat) over in_time, lead(here.lng) over in_time),
            here.ts, lead(here.ts) over in_time
        )
    from (
        select distinct on (date_trunc('second', recorded.ts))
            recorded.ts,
            recorded.lat::double precision as lat,
            recorded.lng::double precision as lng,
            recorded.speed_kph,
            greatest(recorded.accuracy_meters, 10)::double precision as doubt
        from private.trip_points recorded
        where recorded.org_id = p_org_id
            and recorded.trip_id = any (p_trip_ids)
            and coalesce(recorded.accuracy_meters, 0) <= 50
            and (recorded.lat, recorded.lng) <> (0, 0)
        order by date_trunc('second', recorded.ts), recorded.ts
    ) here
    window in_time as (order by here.ts);
$$;

-- What the points of a lesson's trips say was driven, in metres, and where. In the order of time, and whatever order they came in:
-- * A point that the phone doubts by more than 50 metres does not count, nor does (0, 0), which some receivers send for "unknown".
-- * A point that could be reached and left only at more than 200 km/h is a jump of the receiver, and left out; what a longer jump adds is
--   not driven.
-- * A car that does less than 1.5 m/s (5.4 km/h) stands, and one that is still within the phone's doubt, of ten metres at least, of where
--   it was last: its drifting is no distance.
create function private.drive_of(p_org_id uuid, p_trip_ids uuid[])
    returns table (meters double precision, places point[])
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    fastest_kph constant double precision := 200;
    standing_kph constant double precision := 5.4;
    place record;
    last_place record;
    step double precision;
    step_kph double precision;
begin
    meters := 0;
    places := '{}';
    for place in
        select leg.ts, leg.lat, leg.lng, leg.speed_kph, leg.doubt
        from private.legs_of(p_org_id, p_trip_ids) leg
        where coalesce(leg.kph_before, leg.kph_after, 0) <= fastest_kph
            or coalesce(leg.kph_after, leg.kph_before, 0) <= fastest_kph
        order by leg.ts
    loop
        if last_place is null then
            last_place := place;
            places := places || point(place.lng, place.lat);
            continue;
        end if;
        step := private.meters_between(last_place.lat, last_place.lng, place.lat, place.lng);
        step_kph := private.kph(step, last_place.ts, place.ts);
        continue when step < greatest(place.doubt, last_place.doubt);
        if coalesce(place.speed_kph, step_kph) >= standing_kph and step_kph <= fastest_kph then
            meters := meters + step;
        end if;
        last_place := place;
        places := places || point(place.lng, place.lat);
    end loop;
    return next;
end;
$$;
