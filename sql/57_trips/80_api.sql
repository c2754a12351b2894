create function public.set_trip_consent(p_learner_id uuid, p_agrees boolean)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_trip_consent(p_learner_id, p_agrees);

comment on function public.set_trip_consent is
    'Says whether a learner''s lessons may be tracked; for the learner, and guardians who may view. Under 18 nothing is tracked until the '
    'learner and a guardian agree; an adult''s lessons may be tracked unless they object. Errors: sign_in_required, learner_not_found.';

create function public.start_trip(p_booking_id uuid)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.start_trip(p_booking_id);

comment on function public.start_trip is
    'Starts recording where a lesson in progress leads, and returns the trip''s id; for its instructor. Calling it again returns the trip '
    'that is open. Show a sign on the phone while it records. A lesson has at most twenty trips. Errors: sign_in_required, '
    'booking_not_found, lesson_not_in_progress, tracking_not_agreed, too_many_trips.';

create function public.record_trip_points(p_trip_id uuid, p_points jsonb, p_sent_at timestamptz default null)
    returns timestamptz[]
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.record_trip_points(p_trip_id, p_points, p_sent_at);

comment on function public.record_trip_points is
    'Takes at most 1,000 points, such as [{"ts": "2026-06-12T10:00:05Z", "lat": 51.5007, "lng": -0.1246, "speed_kph": 31.5, '
    '"accuracy_meters": 6}], in any order, and returns the times of those that were new; for the trip''s instructor. Send a batch again '
    'until it is answered: points that are known change nothing. Late batches are taken for seven days after the trip, which is then '
    'measured again. All of a batch is taken, or nothing; of a minute at most 120. With p_sent_at, what the phone''s clock shows when '
    'it sends, a clock may be up to a day wrong: times are put right by what it is wrong now, to half a minute, and kept in the server''s time; '
    'those that are returned are the phone''s. Errors: sign_in_required, trip_not_found, tracking_not_agreed, trip_closed, too_many_points, '
    'points_too_dense, bad_point, bad_clock, point_in_future, point_outside_lesson.';

create function public.finish_trip(p_trip_id uuid)
    returns table (distance_meters integer, duration_seconds integer, point_count integer)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select measured.distance_meters, measured.duration_seconds, measured.point_count
    from private.finish_trip(p_trip_id) measured;
end;

comment on function public.finish_trip is
    'Finishes a trip and says what was driven; for its instructor. A trip that nobody finishes ends by itself half an hour after the '
    'lesson. Errors: sign_in_required, trip_not_found.';

create function public.trip_geojson(p_trip_id uuid)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
return private.trip_geojson(p_trip_id);

comment on function public.trip_geojson is
    'A trip as a GeoJSON Feature with a LineString, simplified to ten metres, for a map; its geometry is null where there are fewer than two '
    'places. For the learner, guardians who may view, the instructor, and admins. Errors: sign_in_required, trip_not_found.';

create function public.list_trip_points(p_trip_id uuid, p_after timestamptz default null, p_limit integer default 1000)
    returns table (
        ts timestamptz,
        lat numeric,
        lng numeric,
        speed_kph numeric,
        accuracy_meters numeric,
        received_at timestamptz
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select recorded.ts, recorded.lat, recorded.lng, recorded.speed_kph, recorded.accuracy_meters, recorded.received_at
    from private.list_trip_points(p_trip_id, p_after, p_limit) recorded;
end;

comment on function public.list_trip_points is
    'The points of a trip in the order of time, which is the server''s, and in pages of at most 1,000, where p_after is the ts of the last one of '
    'the page before; for the learner, guardians who may view, and the instructor. Points are kept for 30 days. Errors: sign_in_required, '
    'trip_not_found.';
