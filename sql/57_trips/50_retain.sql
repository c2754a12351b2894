-- Finishes an organization's trips whose lesson has long been over and that nobody finished, and returns how many; maintain_organization
-- (95) calls it. A trip that the phone is just writing, or whose lesson somebody completes or rates at this moment, is left to the next
-- call: maintenance holds rows that they wait for.
create function private.finish_forgotten_trips(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    trip public.trips;
    finished integer := 0;
begin
    for trip in
        select forgotten.*
        from public.trips forgotten
        join public.lessons lesson on lesson.org_id = forgotten.org_id and lesson.id = forgotten.lesson_id
        join public.bookings booking on booking.org_id = lesson.org_id and booking.id = lesson.booking_id
        where forgotten.org_id = p_org_id
            and forgotten.ended_at is null
            and upper(private.tracked_time(lesson, booking.end_at)) < private.clock()
        order by forgotten.id
        limit 100 -- measuring takes a while, and maintenance holds locks meanwhile
        for no key update of forgotten, lesson skip locked
    loop
        trip.ended_at := trip.started_at;
        perform private.measure_trip(trip);
        finished := finished + 1;
    end loop;
    return finished;
end;
$$;

-- Removes the points of an organization's trips that ended more than 30 days ago, and lines after 540 days; what was driven stays. Returns
-- of how many trips. maintain_organization (95) calls it.
create function private.remove_old_points(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    removed integer;
begin
    removed := private.remove_points(
        array(
            select trip.id
            from public.trips trip
            where trip.org_id = p_org_id
                and trip.points_removed_at is null
                and trip.ended_at < private.clock() - interval '30 days'
            order by trip.ended_at
            limit 1000
        )
    );
    update public.trips
    set line = null
    where org_id = p_org_id
        and line is not null
        and ended_at < private.clock() - interval '540 days';
    return removed;
end;
$$;

-- Removes the points and the lines of all trips of a learner or an instructor who is erased; 95_operations calls it.
create function private.erase_trips(p_learner_id uuid, p_instructor_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    trip_ids constant uuid[] := array(
        select trip.id
        from public.trips trip
        where trip.learner_id = p_learner_id
            or trip.instructor_id = p_instructor_id
    );
begin
    perform private.remove_points(trip_ids);
    update public.trips
    set line = null,
        ended_at = coalesce(ended_at, started_at),
        distance_meters = coalesce(distance_meters, 0)
    where id = any (trip_ids);
    delete from public.trip_consents where learner_id = p_learner_id;
end;
$$;

-- Removes the points of these trips, after which no more are taken. Returns of how many trips.
create function private.remove_points(p_trip_ids uuid[])
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    removed integer;
begin
    update public.trips
    set points_removed_at = private.clock()
    where id = any (p_trip_ids)
        and points_removed_at is null;
    get diagnostics removed = row_count;
    delete from private.trip_points recorded
    using public.trips trip
    where trip.id = any (p_trip_ids)
        and recorded.org_id = trip.org_id
        and recorded.trip_id = trip.id;
    return removed;
end;
$$;
