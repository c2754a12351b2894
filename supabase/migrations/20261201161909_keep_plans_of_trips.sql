set lock_timeout = '3s';

SET local check_function_bodies = off;

CREATE OR REPLACE FUNCTION private.may_be_tracked (
  p_learner_id uuid
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return (
        select not coalesce(bool_or(not said.agrees), false)
            and (
                not private.is_minor(private.date_of_birth_of(p_learner_id))
                or coalesce(bool_or(said.is_learner) and bool_or(not said.is_learner), false)
            )
        from (
            select consent.agrees, consent.user_id is not distinct from learner.user_id as is_learner
            from public.trip_consents consent
            join public.learners learner on learner.org_id = consent.org_id and learner.id = consent.learner_id
            where consent.learner_id = p_learner_id
                and (
                    consent.user_id = learner.user_id
                    or consent.learner_id = any (private.ward_ids(consent.user_id, 'view'))
                )
        ) said
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.tracked_time (
  p_lesson       public.lessons,
  p_booked_until timestamp with time zone
)
  RETURNS tstzrange
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return (
        select tstzrange(
            p_lesson.started_at - interval '2 minutes',
            greatest(p_lesson.started_at, least(p_lesson.ended_at, p_booked_until)) + interval '30 minutes'
        )
        where p_lesson.started_at is not null
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.tracked_time_of (
  p_trip public.trips
)
  RETURNS tstzrange
  LANGUAGE plpgsql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return (
        select private.tracked_time(lesson, booking.end_at)
        from public.lessons lesson
        join public.bookings booking on booking.org_id = lesson.org_id and booking.id = lesson.booking_id
        where lesson.org_id = p_trip.org_id
            and lesson.id = p_trip.lesson_id
    );
end;
$function$;

REVOKE ALL ON FUNCTION "private"."may_be_tracked"(uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."may_be_tracked"(uuid) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."may_be_tracked"(uuid) TO "postgres";

REVOKE ALL ON FUNCTION "private"."tracked_time"(public.lessons, timestamp WITH time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tracked_time"(public.lessons, timestamp WITH time zone) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."tracked_time"(public.lessons, timestamp WITH time zone) TO "postgres";

REVOKE ALL ON FUNCTION "private"."tracked_time_of"(public.trips) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."tracked_time_of"(public.trips) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."tracked_time_of"(public.trips) TO "postgres";
