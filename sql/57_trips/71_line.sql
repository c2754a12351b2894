-- Leaves out of a line what lies nearer to the rest than so many metres (Douglas and Peucker): of each stretch the place that is farthest
-- from the straight way between its ends stays, until none is farther than that. Distances are measured on a plane, which does for a drive.
-- The line is cut into stretches of at most 500 places first: each step measures all places of a stretch, and a line that zigzags would
-- take steps as many as it has places.
create function private.simplify_line(p_places point[], p_meters double precision)
    returns point[]
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    meters_a_degree constant double precision := 111195;
    number_of_places constant integer := cardinality(p_places);
    on_plane constant point[] := array(
        select point(
            place[0] * meters_a_degree * cos(radians((p_places[1])[1])),
            place[1] * meters_a_degree
        )
        from unnest(p_places) with ordinality places (place, nth)
        order by nth
    );
    stretches integer[] := array(
        select bound
        from generate_series(1, number_of_places - 1, 499) first
        cross join lateral (values (1, first), (2, least(first + 499, number_of_places))) bounds (side, bound)
        order by first, side
    );
    kept integer[] := stretches;
    first_place integer;
    last_place integer;
    farthest record;
begin
    if number_of_places < 3 then
        return p_places;
    end if;
    while cardinality(stretches) > 0 loop
        first_place := stretches[cardinality(stretches) - 1];
        last_place := stretches[cardinality(stretches)];
        stretches := trim_array(stretches, 2);
        select nth as place, on_plane[nth] <-> lseg(on_plane[first_place], on_plane[last_place]) as meters into farthest
        from generate_series(first_place + 1, last_place - 1) nth
        order by meters desc, place
        limit 1;
        if farthest.meters > p_meters then
            kept := kept || farthest.place;
            stretches := stretches || array[first_place, farthest.place, farthest.place, last_place];
        end if;
    end loop;
    return array(select p_places[nth] from (select distinct unnest(kept) as nth) places_kept order by nth);
end;
$$;

-- Places as GeoJSON has them: a list of [longitude, latitude].
create function private.coordinates_of(p_places point[])
    returns jsonb
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(jsonb_agg(jsonb_build_array(place[0]::numeric(9, 6), place[1]::numeric(9, 6)) order by nth), '[]')
    from unnest(p_places) with ordinality places (place, nth);
$$;
