-- Starts the lesson of a confirmed booking, from a quarter of an hour before its time until its end.
-- Definer: lessons and bookings change only through functions.
create function private.start_lesson(p_booking_id uuid)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    booking public.bookings := private.require_own_booking(p_booking_id);
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
            'This lesson''s time is over.',
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
