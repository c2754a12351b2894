-- Takes a batch of a trip's points, in any order, and returns the times of those that were new. A batch that was sent before, or holds a
-- point twice, changes nothing more. Points of a finished trip count too, for a week: then it is measured again.
-- All are inserted first and judged afterwards, by what the insert returns, so that a batch is read once; a refusal undoes it. A batch arrives
-- at one instant, which is asked once: the default of received_at would be asked for every point. A phone that says what its clock shows
-- has its times told in the server's: all times of a trip are on one line. A point that comes again after the clock was corrected is known
-- by the time that the phone gave it and by its place; another place at that time was reached after the clock was set back.
-- Definer: points change only through functions.
create function private.record_trip_points(p_trip_id uuid, p_points jsonb, p_sent_at timestamptz)
    returns timestamptz[]
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    trip public.trips := private.require_recorded_trip(p_trip_id);
    arrived_at constant timestamptz := private.clock();
    skew interval;
    new_times timestamptz[];
    first_at timestamptz;
    last_at timestamptz;
begin
    perform private.assert_batch_is_small(p_points);
    perform private.assert_clock_is_plausible(p_sent_at);
    skew := private.clock_skew_of(trip, p_sent_at);

    with entered as (
        insert into private.trip_points (org_id, trip_id, ts, lat, lng, speed_kph, accuracy_meters, received_at, phone_ts)
        select
            trip.org_id, trip.id, sent.ts + skew, sent.lat, sent.lng, sent.speed_kph, sent.accuracy_meters, arrived_at,
            nullif(sent.ts, sent.ts + skew)
        from jsonb_to_recordset(p_points) sent (
            ts timestamptz, lat numeric(9, 6), lng numeric(9, 6), speed_kph numeric(6, 2), accuracy_meters numeric(7, 2)
        )
        where not exists (
            select
            from private.trip_points known
            where known.org_id = trip.org_id
                and known.trip_id = trip.id
                and coalesce(known.phone_ts, known.ts) = sent.ts
                and known.lat = sent.lat
                and known.lng = sent.lng
                -- For a phone whose clock is right the points of its trip need not be read.
                and (trip.phone_skew_seconds is not null or skew <> interval '0')
        )
        on conflict do nothing
        returning ts, coalesce(phone_ts, ts) as sent_ts
    )

    select coalesce(array_agg(entered.sent_ts order by entered.sent_ts), '{}'), min(entered.ts), max(entered.ts)
    into new_times, first_at, last_at
    from entered;

    perform private.assert_times_are_of_the_lesson(trip, first_at, last_at);
    perform private.note_clock_skew(trip, p_sent_at);
    if first_at is not null then
        perform private.assert_points_are_sparse(trip, first_at, last_at);
    end if;
    if trip.ended_at is not null and first_at is not null then
        perform private.measure_trip(trip);
    end if;
    return new_times;
exception
    when data_exception or check_violation or not_null_violation then
        perform private.refuse(
            'PT422', 'bad_point',
            'One of these points is none.',
            'Send a list of {"ts", "lat", "lng"} with speed_kph and accuracy_meters if the phone knows them.'
        );
end;
$$;

-- The trip, locked, if the caller is its instructor, its lesson may be tracked, and it is not too late. Batches of one trip follow one
-- another, so that none is left out when a finished trip is measured again.
create function private.require_recorded_trip(p_trip_id uuid)
    returns public.trips
    language plpgsql
    volatile
    security invoker
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
    perform private.assert_may_be_tracked(trip.learner_id);
    if trip.points_removed_at is not null or trip.ended_at < private.clock() - interval '7 days' then
        perform private.refuse(
            'PT409', 'trip_closed',
            'This trip has been over for too long.',
            'Points are taken for seven days after a trip; drop older ones.'
        );
    end if;
    return trip;
end;
$$;

-- Refuses a trip that is not the caller's, like one that does not exist.
create function private.refuse_unknown_trip()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT404', 'trip_not_found',
        'You have no trip with this id.',
        'Check the id and who is signed in.'
    );
end;
$$;

-- Refuses what is no list of points, or too long a one.
create function private.assert_batch_is_small(p_points jsonb)
    returns void
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if jsonb_typeof(p_points) is distinct from 'array' then
        raise data_exception;
    end if;
    if jsonb_array_length(p_points) > 1000 then
        perform private.refuse(
            'PT422', 'too_many_points',
            'That are too many points at once.',
            'Send them in batches of at most 1,000.'
        );
    end if;
end;
$$;

-- Refuses a clock that is more than a day wrong.
create function private.assert_clock_is_plausible(p_sent_at timestamptz)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_sent_at not between private.clock() - interval '1 day' and private.clock() + interval '1 day' then
        perform private.refuse(
            'PT422', 'bad_clock',
            'The phone''s clock is more than a day wrong.',
            'Set the clock, and send as p_sent_at what it shows when the points are sent.'
        );
    end if;
end;
$$;

-- What has to be added to the times of a batch. What was noted of the trip's clock stays while a batch says up to ten seconds less or thirty
-- more: a batch that took longer to arrive than others has its points among theirs all the same. A phone that says nothing is believed.
create function private.clock_skew_of(p_trip public.trips, p_sent_at timestamptz)
    returns interval
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    told constant integer := round(extract(epoch from private.clock() - p_sent_at));
    noted constant integer := coalesce(p_trip.phone_skew_seconds, 0);
begin
    return make_interval(
        secs => case
            when told is null then 0
            when told - noted > -10 and told - noted < 30 then noted
            else told
        end
    );
end;
$$;

-- Keeps by how much the phone's clock is wrong, once that has changed.
create function private.note_clock_skew(p_trip public.trips, p_sent_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    skew_seconds constant integer := extract(epoch from private.clock_skew_of(p_trip, p_sent_at));
begin
    if p_sent_at is not null and skew_seconds <> coalesce(p_trip.phone_skew_seconds, 0) then
        update public.trips
        set phone_skew_seconds = skew_seconds
        where org_id = p_trip.org_id
            and id = p_trip.id;
    end if;
end;
$$;

-- Refuses more than 120 points for each minute of a trip, counted in the whole minutes that a batch lies in: a phone sends one a second. A trip is
-- bounded so by its lesson's length, and a batch costs the same however long the trip has been. The caller has entered the points.
create function private.assert_points_are_sparse(p_trip public.trips, p_first_at timestamptz, p_last_at timestamptz)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    begins_at constant timestamptz := date_trunc('minute', p_first_at);
    ends_at constant timestamptz := date_trunc('minute', p_last_at) + interval '1 minute';
begin
    if (
        select count(*) > 2 * extract(epoch from ends_at - begins_at)
        from private.trip_points recorded
        where recorded.org_id = p_trip.org_id
            and recorded.trip_id = p_trip.id
            and recorded.ts >= begins_at
            and recorded.ts < ends_at
    ) then
        perform private.refuse(
            'PT422', 'points_too_dense',
            'These are more than 120 points in a minute.',
            'Send one point a second, and drop the others.'
        );
    end if;
end;
$$;

-- Refuses points that the trip's lesson cannot have: later than now, but for two minutes by which a phone's clock may be wrong, and those
-- before or after the lesson.
create function private.assert_times_are_of_the_lesson(p_trip public.trips, p_first_at timestamptz, p_last_at timestamptz)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    tracked constant tstzrange := private.tracked_time_of(p_trip);
begin
    if p_last_at > private.clock() + interval '2 minutes' then
        perform private.refuse(
            'PT422', 'point_in_future',
            'One of these points is in the future.',
            'Correct the phone''s clock, and send the times as they were.'
        );
    end if;
    if not (tracked @> p_first_at and tracked @> p_last_at) then
        perform private.refuse(
            'PT422', 'point_outside_lesson',
            'One of these points is from before or after the lesson.',
            'Send points from the start of the lesson until half an hour after its end, and drop the others.'
        );
    end if;
end;
$$;
