-- Gives a lesson ahead to another instructor of the school, because its own has left or cannot come: the lesson is cancelled with all of
-- its money back, and the same time with the other instructor is proposed to the learner, at that instructor's price. A learner who has
-- no word of their own, or is a child, has it held as long as a proposal waits. For admins of the school.
-- Definer: bookings change only through functions.
create function private.reassign_booking(p_booking_id uuid, p_instructor_id uuid, p_service_id uuid)
    returns table (booking public.bookings, refund_cents bigint, restored_minutes integer)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    original public.bookings := private.require_reassignable(p_booking_id);
    instructor public.instructors := private.require_instructor_of_service(
        p_instructor_id, coalesce(p_service_id, original.service_id)
    );
    service public.services;
    learner public.learners;
    replacement public.bookings;
begin
    select * into strict service from public.services where id = coalesce(p_service_id, original.service_id);
    if instructor.org_id <> original.org_id or instructor.id = original.instructor_id then
        perform private.refuse(
            'PT422', 'not_another_instructor',
            'A lesson is given to another instructor of the same school.',
            'Send the id of another instructor of your school, who gives the lesson.'
        );
    end if;
    learner := private.require_bookable_learner(null, original.learner_id, original.org_id);
    perform private.lock_learner(learner.id);

    perform private.cancel_locked(array[original.id], 'admin', 'The lesson was given to another instructor.');
    perform private.assert_slot_is_bookable(original.start_at, service, instructor);
    perform private.lock_daily_cap(instructor);
    replacement := private.reserve_slot(
        private.ensure_slot(service, instructor, original.start_at, null),
        learner,
        row(original.learner_notes, null, null, null, null, false, false, null, null, null, false, false, null)::private.booking_request
    );
    update public.bookings
    set pickup_address = original.pickup_address,
        pickup_lat = original.pickup_lat,
        pickup_lng = original.pickup_lng,
        dropoff_address = original.dropoff_address,
        dropoff_lat = original.dropoff_lat,
        dropoff_lng = original.dropoff_lng,
        hold_expires_at = case status when 'held' then private.proposal_expires_at(start_at, null) else hold_expires_at end
    where org_id = replacement.org_id
        and id = replacement.id
    returning * into replacement;

    perform private.tell_of_reassigned_lesson(replacement, instructor);
    return query
    select replacement, ended.cancellation_refund_cents, ended.restored_minutes
    from public.bookings ended
    where ended.org_id = original.org_id
        and ended.id = original.id;
end;
$$;

-- Returns the booking, locked, if the caller administers its school and it can still be given to somebody else.
create function private.require_reassignable(p_booking_id uuid)
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
    perform private.lock_bookings(array[p_booking_id]);
    select * into booking
    from public.bookings
    where id = p_booking_id
        and org_id = any (private.my_admin_org_ids());
    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'Your school has no such booking.',
            'Check the booking''s id, and that you are signed in as an admin of the school.'
        );
    end if;
    if booking.status not in ('proposed', 'held', 'requested', 'confirmed') or booking.start_at <= private.clock() then
        perform private.refuse(
            'PT409', 'booking_not_cancellable',
            'This lesson has ended or begun, so that nobody else can give it.',
            'Reload the booking.'
        );
    end if;
    if booking.status = 'confirmed'
        and private.party_of(booking) in ('learner', 'guardian')
        and private.policy_refund_bps(booking) < 10000
    then
        perform private.refuse(
            'PT409', 'too_late_to_reschedule',
            'It is too late to reassign your own lesson: it would be given back in full.',
            'Let another admin of the school reassign it, or call preview_cancellation to see what cancelling refunds.'
        );
    end if;
    return booking;
end;
$$;

-- Tells the learner, the guardians and the school's admins who would give the lesson now.
create function private.tell_of_reassigned_lesson(p_booking public.bookings, p_instructor public.instructors)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.raise_alert(
        p_booking.org_id, null, 'lesson_reassigned',
        format(
            'The lesson on %s cannot be given as it was booked, and what was paid comes back in full. %s can give it at the same time, if you '
            'accept.',
            to_char(p_booking.start_at at time zone p_instructor.time_zone, 'FMDay FMDD FMMonth YYYY, HH24:MI'),
            left(p_instructor.display_name, 200)
        ),
        'bookings', p_booking.id, format('booking:%s:reassigned', p_booking.id), p_booking.learner_id
    );
$$;
