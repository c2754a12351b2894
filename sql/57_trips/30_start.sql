-- Starts recording the drive of a lesson that has begun, on the phone of its instructor, and returns the trip's id; again, the id of the
-- trip that is open already. Another call may finish that one between the two statements; then the next round starts a new trip.
-- Trips are counted once the new one is entered: others of the lesson wait for the open one, so that none is entered meanwhile.
-- Definer: trips change only through functions.
create function private.start_trip(p_booking_id uuid)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    lesson public.lessons := private.require_lesson_on_the_road(p_booking_id);
    trip_id uuid;
begin
    perform private.assert_may_be_tracked(lesson.learner_id);

    loop
        insert into public.trips (org_id, lesson_id, instructor_id, learner_id, started_at)
        values (lesson.org_id, lesson.id, lesson.instructor_id, lesson.learner_id, private.clock())
        on conflict (org_id, lesson_id) where ended_at is null do nothing
        returning id into trip_id;
        if trip_id is not null then
            perform private.assert_trips_are_few(lesson);
            return trip_id;
        end if;

        select trip.id into trip_id
        from public.trips trip
        where trip.org_id = lesson.org_id
            and trip.lesson_id = lesson.id
            and trip.ended_at is null;
        if trip_id is not null then
            return trip_id;
        end if;
    end loop;
end;
$$;

-- Refuses more than twenty trips of a lesson: each is measured again with the others.
create function private.assert_trips_are_few(p_lesson public.lessons)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if (
        select count(*) > 20
        from public.trips trip
        where trip.org_id = p_lesson.org_id
            and trip.lesson_id = p_lesson.id
    ) then
        perform private.refuse(
            'PT409', 'too_many_trips',
            'This lesson has twenty trips already.',
            'Leave a trip open during breaks, rather than finish it and start another.'
        );
    end if;
end;
$$;

-- The lesson of a booking, if the caller is its instructor and it has begun and is not over.
create function private.require_lesson_on_the_road(p_booking_id uuid)
    returns public.lessons
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    lesson public.lessons;
    is_on_the_road boolean;
begin
    perform private.require_person();
    select booking.status = 'in_progress' and private.clock() < upper(private.tracked_time(lesson_of_booking, booking.end_at))
    into is_on_the_road
    from public.bookings booking
    left join public.lessons lesson_of_booking
        on lesson_of_booking.org_id = booking.org_id
        and lesson_of_booking.booking_id = booking.id
    where booking.id = p_booking_id
        and booking.instructor_id = any (private.my_instructor_ids());

    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You are not the instructor of a booking with this id.',
            'Check the id, and that you are signed in as the instructor.'
        );
    end if;
    if not coalesce(is_on_the_road, false) then
        perform private.refuse(
            'PT409', 'lesson_not_in_progress',
            'This lesson is not in progress.',
            'Start the lesson first with start_lesson; when it is over, nothing is tracked any more.'
        );
    end if;
    select * into strict lesson from public.lessons where booking_id = p_booking_id;
    return lesson;
end;
$$;

-- When points of a lesson are taken: from two minutes before it began until half an hour after it was over, or was to be.
create function private.tracked_time(p_lesson public.lessons, p_booked_until timestamptz)
    returns tstzrange
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case
        when p_lesson.started_at is not null then tstzrange(
            p_lesson.started_at - interval '2 minutes',
            greatest(p_lesson.started_at, least(p_lesson.ended_at, p_booked_until)) + interval '30 minutes'
        )
    end;
end;
$$;

-- When points of a trip are taken.
create function private.tracked_time_of(p_trip public.trips)
    returns tstzrange
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select private.tracked_time(lesson, booking.end_at)
        from public.lessons lesson
        join public.bookings booking on booking.org_id = lesson.org_id and booking.id = lesson.booking_id
        where lesson.org_id = p_trip.org_id
            and lesson.id = p_trip.lesson_id
    );
end;
$$;
