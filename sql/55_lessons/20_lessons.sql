-- Starts the lesson of a confirmed booking, at most 15 minutes early and before its booked end.
-- Definer: lessons and bookings change only through functions.
create function private.start_lesson(p_booking_id uuid)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_generic_plan
as $$
declare
    booking public.bookings := private.require_taught_booking(p_booking_id);
    new_lesson_id uuid;
begin
    if booking.status <> 'confirmed' then
        perform private.refuse(
            'PT409', 'booking_not_confirmed',
            format('This booking is %s, so its lesson cannot start.', booking.status),
            'Only a confirmed booking''s lesson can be started, once.'
        );
    end if;
    if private.clock() < booking.start_at - interval '15 minutes' then
        perform private.refuse(
            'PT422', 'too_early',
            'It is too early to start this lesson.',
            'A lesson can be started 15 minutes before its time.'
        );
    end if;
    if private.clock() >= booking.end_at then
        perform private.refuse(
            'PT422', 'too_late',
            'The time of this lesson is over.',
            'Complete the lesson if it took place.'
        );
    end if;

    update public.bookings set status = 'in_progress' where id = booking.id;

    insert into public.lessons (org_id, booking_id, instructor_id, learner_id, started_at)
    values (booking.org_id, booking.id, booking.instructor_id, booking.learner_id, private.clock())
    returning id into new_lesson_id;
    return new_lesson_id;
end;
$$;

-- Completes a lesson, which earns the instructor the share: from its scheduled end on, or with the learner's word earlier, which the
-- learner or a guardian who may book gives by calling it. A lesson that was never started counts from its booked time. While somebody is
-- said not to have come, nobody completes it.
-- Definer: lessons and bookings change only through functions.
create function private.complete_lesson(p_booking_id uuid, p_notes text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_generic_plan
as $$
declare
    booking public.bookings := private.require_booking_to_complete(p_booking_id);
    is_learners_word constant boolean := private.may_answer_for(booking.learner_id);
    completable_at constant timestamptz := case when is_learners_word then booking.start_at else booking.end_at end;
    completed_lesson_id uuid;
    broken_rule text;
begin
    if booking.status not in ('confirmed', 'in_progress') then
        perform private.refuse(
            'PT409', 'booking_not_confirmed',
            format('This booking is %s, so its lesson cannot be completed.', booking.status),
            'Only a confirmed booking''s lesson can be completed, once.'
        );
    end if;
    if private.clock() < completable_at then
        perform private.refuse(
            'PT422', 'too_early',
            case when is_learners_word then 'This lesson has not started yet.' else 'This lesson is not over yet.' end,
            'Complete it at its scheduled end. If it was over earlier, the learner can complete it.'
        );
    end if;
    if private.has_open_claim(booking.id) then
        perform private.refuse(
            'PT409', 'claim_open',
            'It is said that somebody did not come to this lesson.',
            'Withdraw or answer the claim first; what is contested, an admin decides.'
        );
    end if;

    begin
        insert into public.lessons as lesson (org_id, booking_id, instructor_id, learner_id, started_at, ended_at, notes)
        values (
            booking.org_id, booking.id, booking.instructor_id, booking.learner_id,
            booking.start_at, private.clock(), case when not is_learners_word then p_notes end
        )
        on conflict (org_id, booking_id) do update
            set ended_at = excluded.ended_at,
                notes = coalesce(excluded.notes, lesson.notes)
        returning id into completed_lesson_id;
    exception
        when check_violation then
            get stacked diagnostics broken_rule = constraint_name;
            perform private.refuse_violation(broken_rule);
    end;

    update public.bookings set status = 'completed' where id = booking.id;
    return completed_lesson_id;
end;
$$;

-- Writes the instructor's summary of a lesson that has begun, or another in its place, until 14 days after its booked end: also when the learner
-- has completed it, or nobody. For the instructor and admins.
-- Definer: lessons change only through functions.
create function private.write_lesson_notes(p_booking_id uuid, p_notes text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking constant public.bookings := private.require_taught_booking(p_booking_id);
    broken_rule text;
begin
    if private.clock() > booking.end_at + interval '14 days' then
        perform private.refuse(
            'PT422', 'too_late',
            'This lesson was more than 14 days ago.',
            'Write it with a later lesson.'
        );
    end if;

    update public.lessons set notes = p_notes where org_id = booking.org_id and booking_id = booking.id;
    if not found then
        perform private.refuse_lesson_that_did_not_begin();
    end if;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Refuses what needs a lesson that was started or completed. 58_progress asks it too.
create function private.refuse_lesson_that_did_not_begin()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'lesson_not_begun',
        'This lesson has not begun.',
        'Wait until its instructor has started or completed it.'
    );
end;
$$;

-- Returns the booking, locked, if the caller is the learner, a guardian who may book, the instructor or an admin of its organization.
create function private.require_booking_to_complete(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
begin
    perform private.require_person();
    select * into booking from public.bookings where id = p_booking_id;
    if not private.may_answer_for(booking.learner_id) then
        return private.require_taught_booking(p_booking_id);
    end if;
    perform private.lock_bookings(array[p_booking_id]);
    select * into booking from public.bookings where id = p_booking_id;
    return booking;
end;
$$;

-- Counts a completed lesson in the learner's total, and in the instructor's public one if it earned something: free lessons could be given to
-- friends without end. The learner goes first, as with bookings. 82_effects calls it.
create function private.count_lesson(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.learners set lesson_count = lesson_count + 1 where id = p_booking.learner_id;
    update public.instructors
    set lesson_count = lesson_count + 1
    where id = p_booking.instructor_id
        and p_booking.instructor_share_cents > 0;
end;
$$;

-- Takes a lesson from the totals that turns out not to have been given. 82_effects calls it.
create function private.uncount_lesson(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.learners set lesson_count = greatest(lesson_count - 1, 0) where id = p_booking.learner_id;
    update public.instructors
    set lesson_count = greatest(lesson_count - 1, 0)
    where id = p_booking.instructor_id
        and p_booking.instructor_share_cents > 0;
end;
$$;
