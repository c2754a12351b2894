-- Rates a lesson that began, once, within 14 days of its end, whatever became of its booking; for its learner, and a guardian who may book.
-- Definer: nobody writes ratings directly.
create function private.rate_lesson(p_booking_id uuid, p_rating integer, p_review text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    lesson public.lessons := private.require_lesson_to_rate(p_booking_id);
    new_rating_id uuid;
    broken_rule text;
    missing_column text;
begin
    insert into public.lesson_ratings (org_id, lesson_id, instructor_id, learner_id, rated_by, rating, review, is_of_paid_lesson)
    select
        lesson.org_id, lesson.id, lesson.instructor_id, lesson.learner_id, private.my_user_id(),
        p_rating, nullif(p_review, ''), booking.instructor_share_cents > 0
    from public.bookings booking
    where booking.org_id = lesson.org_id
        and booking.id = lesson.booking_id
    on conflict (org_id, lesson_id) do nothing
    returning id into new_rating_id;

    if new_rating_id is null then
        perform private.refuse(
            'PT409', 'already_rated',
            'This lesson has been rated.',
            'A rating is final. Report it, if it is not genuine.'
        );
    end if;
    return new_rating_id;
exception
    when numeric_value_out_of_range or check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
end;
$$;

-- The lesson of a booking that the caller had, or for whose learner they may book, if it can be rated now. The booking is locked as by
-- whoever ends it, because keep_ratings locks the lesson and the instructor: somebody who ends two lessons of one instructor has the
-- instructor's row before that of the second lesson.
create function private.require_lesson_to_rate(p_booking_id uuid)
    returns public.lessons
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
    lesson public.lessons;
begin
    perform private.require_person();
    select * into booking from public.bookings where id = p_booking_id;
    if not private.may_answer_for(booking.learner_id) then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You have had no lesson by a booking with this id.',
            'Check the id and who is signed in.'
        );
    end if;
    if private.buys_from_own_people(
        (select learner from public.learners learner where learner.org_id = booking.org_id and learner.id = booking.learner_id),
        booking.instructor_id
    ) then
        perform private.refuse(
            'PT422', 'own_lesson',
            'You cannot rate a lesson of your own, or of your own school.',
            'Ratings are what other people say.'
        );
    end if;
    perform private.lock_bookings(array[p_booking_id]);
    select * into booking from public.bookings where id = p_booking_id;
    select * into lesson from public.lessons where org_id = booking.org_id and booking_id = booking.id;
    if lesson.id is null or (booking.status = 'in_progress' and private.clock() < booking.end_at) then
        perform private.refuse_lesson_that_did_not_begin();
    end if;
    if private.clock() > greatest(booking.end_at, lesson.ended_at) + interval '14 days' then
        perform private.refuse(
            'PT422', 'too_late_to_rate',
            'This lesson was more than 14 days ago.',
            'Rate a later lesson.'
        );
    end if;
    return lesson;
end;
$$;

-- Keeps what follows from ratings, whoever changes them: the lesson's own rating, and the instructor's average and count. Each learner has
-- one voice, whose rating is the average of theirs: many lessons of one friend weigh no more than one of a stranger. The instructor's row
-- is locked before ratings are read, so that of two at once none is left out.
-- Definer: the writer may not change lessons and instructors.
create function private.keep_ratings()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    changed public.lesson_ratings := case when tg_op = 'DELETE' then old else new end;
begin
    update public.lessons
    set rating = case when tg_op <> 'DELETE' then changed.rating end
    where org_id = changed.org_id
        and id = changed.lesson_id;

    perform
    from public.instructors instructor
    where instructor.org_id = changed.org_id
        and instructor.id = changed.instructor_id
    for no key update;
    update public.instructors instructor
    set rating = counted.average,
        rating_count = counted.voices
    from (
        select round(avg(voice.rating), 2) as average, count(*) as voices
        from (
            select avg(given.rating) as rating
            from public.lesson_ratings given
            where given.org_id = changed.org_id
                and given.instructor_id = changed.instructor_id
                and given.is_counted
            group by given.learner_id
        ) voice
    ) counted
    where instructor.org_id = changed.org_id
        and instructor.id = changed.instructor_id
        and (instructor.rating, instructor.rating_count) is distinct from (counted.average, counted.voices);
    return null;
end;
$$;

create trigger keep_ratings
    after insert or delete or update of rating, is_of_paid_lesson, hidden_for on public.lesson_ratings
    for each row execute function private.keep_ratings();
