-- Reschedules a confirmed booking to another time of its service, by reserving a replacement, which takes over the order item. For a
-- more expensive time the difference is paid first, for a cheaper one it is refunded. The same key again is the same call.
-- What the instructor or the school moves is a proposal: the original stays until the learner accepts it (50_bookings/55_propose.sql).
-- An original that they cannot keep, they cancel. A lesson that is charged later and not paid yet is booked anew at the other time.
-- Definer: bookings change only through functions.
create function private.reschedule_booking(p_booking_id uuid, p_start_at timestamptz, p_client_key text)
    returns table (booking public.bookings, refund_cents bigint)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_generic_plan
as $$
declare
    original public.bookings;
    service public.services;
    instructor public.instructors;
    replacement public.bookings;
begin
    perform private.assert_time_is_plausible(p_start_at);
    original := private.require_party(p_booking_id);
    replacement := private.find_booking_by_client_key(
        original.learner_id, p_client_key, original.service_id, original.instructor_id, p_start_at
    );
    if replacement.id is null then
        select * into strict service from public.services where org_id = original.org_id and id = original.service_id;
        select * into strict instructor
        from public.instructors
        where org_id = original.org_id
            and id = original.instructor_id;
        perform private.assert_reschedulable(original, p_start_at);
        perform private.assert_slot_is_bookable(p_start_at, service, instructor);
        perform private.lock_daily_cap(instructor);
        replacement := case original.status
            when 'held' then private.move_unpaid(original, private.party_of(original), service, instructor, p_start_at, p_client_key)
            else private.reserve_replacement(original, service, instructor, p_start_at, p_client_key)
        end;
    end if;
    return query
    select
        replacement,
        coalesce(
            (
                select private.waiting_excess_cents(item.id)
                from public.order_items item
                where item.booking_id = replacement.id
            ),
            0
        );
end;
$$;

-- Refuses to reschedule a booking that is neither confirmed nor waits to be charged later. A learner may reschedule only while cancelling
-- would refund in full, because otherwise rescheduling would evade the cancellation policy. An authorization must last until the new time.
create function private.assert_reschedulable(p_booking public.bookings, p_start_at timestamptz)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if (p_booking.status <> 'confirmed' and not private.is_movable_unpaid(p_booking)) or p_booking.start_at <= private.clock() then
        perform private.refuse(
            'PT409', 'booking_not_reschedulable',
            'Only a confirmed booking that has not begun can be rescheduled.',
            'Reload the booking.'
        );
    end if;
    if p_booking.start_at = p_start_at then
        perform private.refuse(
            'PT422', 'same_time',
            'The lesson is already at that time.',
            'Choose another time.'
        );
    end if;
    if private.party_of(p_booking) in ('learner', 'guardian') and private.policy_refund_bps(p_booking) < 10000 then
        perform private.refuse(
            'PT409', 'too_late_to_reschedule',
            'It is too late to reschedule this lesson yourself.',
            'Ask the instructor, or call preview_cancellation to see what cancelling refunds.'
        );
    end if;
    if exists (
        select
        from public.order_items item
        join public.payment_items part on part.org_id = item.org_id and part.item_id = item.id
        join public.payments payment on payment.org_id = part.org_id and payment.id = part.payment_id
        where item.org_id = p_booking.org_id
            and item.booking_id = p_booking.id
            and payment.is_accepted
            and (
                payment.is_disputed
                or (
                    payment.status = 'authorized'
                    and p_start_at + (p_booking.end_at - p_booking.start_at) > payment.authorized_at + interval '6 days'
                )
            )
    ) then
        perform private.refuse(
            'PT409', 'payment_does_not_last',
            'The payment is disputed, or its authorization ends before that time.',
            'Choose an earlier time, or cancel and book again.'
        );
    end if;
end;
$$;

-- Whether a booking is held to be charged later, its card has not been tried, and the caller is the learner or a guardian.
create function private.is_movable_unpaid(p_booking public.bookings)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_booking.status = 'held'
        and p_booking.collection_tries = 0
        and coalesce(p_booking.collect_at > private.clock(), false)
        and private.party_of(p_booking) in ('learner', 'guardian');
end;
$$;

-- Reserves the replacement. If nothing more is due, the original ends first; otherwise it stays until the difference is paid, or the
-- learner accepts, and the two may overlap as one chain. The pickup and dropoff places are copied.
create function private.reserve_replacement(
    p_booking public.bookings,
    p_service public.services,
    p_instructor public.instructors,
    p_start_at timestamptz,
    p_client_key text
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    learner public.learners;
    replacement public.bookings;
    terms private.booking_terms;
    priced_service public.services := p_service;
    request private.booking_request;
    is_proposed boolean;
begin
    select * into strict learner from public.learners where org_id = p_booking.org_id and id = p_booking.learner_id;
    priced_service.duration_minutes := private.lesson_minutes(p_service, p_instructor.id, p_start_at);
    request := row(
        p_booking.learner_notes, p_client_key, null, null, null, false,
        private.is_moved_by_hours(p_booking, priced_service.duration_minutes),
        p_booking.series_id, p_booking.id, p_booking.order_id, false, false, null
    );
    is_proposed := private.waits_for_the_learner(learner, request);
    if not is_proposed and not request.uses_credit then
        terms := private.price_booking(priced_service, p_instructor, p_start_at, learner, request);
    end if;
    if not is_proposed and coalesce((terms.price).total_cents <= p_booking.total_cents, true) then
        perform private.end_original_booking(p_booking.id, private.party_of(p_booking));
    end if;

    replacement := private.reserve_slot(private.ensure_slot(p_service, p_instructor, p_start_at, p_booking.id), learner, request);
    update public.bookings
    set pickup_address = p_booking.pickup_address,
        pickup_lat = p_booking.pickup_lat,
        pickup_lng = p_booking.pickup_lng,
        dropoff_address = p_booking.dropoff_address,
        dropoff_lat = p_booking.dropoff_lat,
        dropoff_lng = p_booking.dropoff_lng
    where org_id = replacement.org_id
        and id = replacement.id
    returning * into replacement;
    if replacement.status = 'proposed' then
        perform private.tell_of_proposal(p_booking, replacement, p_instructor);
    end if;
    perform private.refund_moved_item(replacement);
    return replacement;
end;
$$;

-- Whether prepaid minutes alone pay for the replacement of a booking: they paid for all of it, or the new time is as short as what they
-- paid.
create function private.is_moved_by_hours(p_booking public.bookings, p_minutes integer)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_booking.credit_minutes > 0
        and p_booking.credit_minutes >= least(p_minutes, private.minutes_between(p_booking.start_at, p_booking.end_at));
$$;

-- Tells the learner of a move that waits for their word.
create function private.tell_of_proposal(p_original public.bookings, p_replacement public.bookings, p_instructor public.instructors)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.raise_alert(
        p_replacement.org_id, null, 'move_proposed',
        format(
            '%s would like to move the lesson on %s to %s. It stays where it is unless this is accepted by %s.',
            left(p_instructor.display_name, 200), told.original_start, told.start, told.deadline
        ),
        'bookings', p_replacement.id, format('booking:%s:move_proposed', p_replacement.id), p_replacement.learner_id
    )
    from (
        select
            to_char(p_original.start_at at time zone p_instructor.time_zone, told_as.pattern) as original_start,
            to_char(p_replacement.start_at at time zone p_instructor.time_zone, told_as.pattern) as start,
            to_char(p_replacement.hold_expires_at at time zone p_instructor.time_zone, told_as.pattern) as deadline
        from (select 'FMDay FMDD FMMonth YYYY, HH24:MI' as pattern) told_as
    ) told;
$$;

-- Refunds what a replacement costs less than its original, which has ended then: also before the instructor answers, since the difference
-- goes back whatever the answer. Of an authorization the difference is not captured after the lesson, so nothing is due; a dearer
-- replacement, and one that waits for the learner's word, has not taken over the item yet.
create function private.refund_moved_item(p_booking public.bookings)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.refund_due(item.id, 'The lesson was moved to a cheaper time.')
    from public.order_items item
    where item.org_id = p_booking.org_id
        and item.booking_id = p_booking.id;
$$;
