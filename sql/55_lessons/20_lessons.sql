-- Starts the lesson of a confirmed booking, at most 15 minutes early and before its booked end.
-- Definer: lessons and bookings change only through functions.
create function private.start_lesson(p_booking_id uuid)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
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

-- Completes a lesson, which earns the instructor the share. A lesson that was never started counts from its booked time.
-- Definer: lessons and bookings change only through functions.
create function private.complete_lesson(p_booking_id uuid, p_notes text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_taught_booking(p_booking_id);
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
    if private.clock() < booking.start_at then
        perform private.refuse(
            'PT422', 'too_early',
            'This lesson has not started yet.',
            'Complete it when it has taken place.'
        );
    end if;

    begin
        insert into public.lessons as lesson (org_id, booking_id, instructor_id, learner_id, started_at, ended_at, notes)
        values (
            booking.org_id, booking.id, booking.instructor_id, booking.learner_id,
            booking.start_at, private.clock(), p_notes
        )
        on conflict (booking_id) do update
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

-- Counts a completed lesson in the learner's total, and in the instructor's public one if it earned something: free lessons could be given to
-- friends without end. 82_effects calls it.
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
