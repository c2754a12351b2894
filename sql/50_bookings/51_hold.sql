-- Reserves a seat for a learner and freezes the price: until the checkout deadline, or where the service asks for approval,
-- until the instructor's answer. Most losers of a race are told by an unlocked look; what slips through is stopped by
-- take_seat and instructor_is_never_double_booked.
-- The learner's row was locked first: one person's requests come one after the other, and who the person is stays. Codes and
-- prepaid minutes are locked last, as those who free them do.
create function private.hold_slot(
    p_slot_id uuid,
    p_learner public.learners,
    p_request private.booking_request
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    learner_person_id uuid := (
        select coalesce(learner.user_id, learner.id) from public.learners learner where learner.id = p_learner.id
    );
    slot public.bookable_slots;
    service public.services;
    instructor public.instructors;
    organization public.organizations;
    terms private.booking_terms;
    booking public.bookings;
begin
    select * into strict slot from public.bookable_slots where id = p_slot_id;
    select * into strict service from public.services where id = slot.service_id;
    select * into strict instructor from public.instructors where id = slot.instructor_id;
    select * into strict organization from public.organizations where id = slot.org_id;

    perform private.assert_slot_is_bookable(slot.start_at, service, instructor);
    if instructor.user_id = p_learner.user_id then
        perform private.refuse(
            'PT422', 'own_lesson',
            'You cannot book your own lesson.',
            'Choose another instructor.'
        );
    end if;
    terms := private.price_booking(service, instructor, slot.start_at, p_learner, p_request);

    perform private.lock_daily_cap(instructor);
    perform private.expire_holds(slot.id, learner_person_id);
    if private.count_open_holds(learner_person_id, p_request.series_id) >= organization.max_open_holds then
        perform private.refuse(
            'PT409', 'too_many_holds',
            format('You keep %s unpaid times already.', organization.max_open_holds),
            'Pay for one of them, or let it expire.'
        );
    end if;
    if not private.is_slot_open(slot.instructor_id, slot.service_id, slot.start_at) then
        perform private.refuse_taken_slot();
    end if;

    insert into public.bookings (
        org_id, learner_id, instructor_id, service_id, slot_id, learner_person_id, is_group, start_at, end_at,
        status, hold_expires_at,
        currency, price_cents, discount_cents, platform_fee_cents, instructor_share_cents, total_cents, fee_mode, fee_bps,
        credit_applied_cents, original_total_cents, is_fee_refundable, cancellation_policy_id, payout_hold,
        pickup_address, pickup_lat, pickup_lng, dropoff_address, dropoff_lat, dropoff_lng,
        learner_notes, client_key, series_id, original_booking_id, booked_by
    )
    values (
        slot.org_id, p_learner.id, slot.instructor_id, slot.service_id, slot.id, learner_person_id,
        slot.max_bookings > 1, slot.start_at, slot.end_at,
        case when service.requires_approval then 'requested' else 'held' end::public.booking_status,
        least(
            private.clock() + case
                when service.requires_approval then make_interval(hours => service.approval_hours)
                else make_interval(mins => organization.checkout_hold_minutes)
            end,
            slot.start_at
        ),
        (terms.price).currency, (terms.price).list_cents, (terms.price).discount_cents, (terms.price).fee_cents,
        (terms.price).share_cents, (terms.price).total_cents, (terms.price).fee_mode, (terms.price).fee_bps,
        terms.credit_cents, terms.original_total_cents, terms.is_fee_refundable, terms.cancellation_policy_id,
        organization.payout_hold,
        p_request.pickup ->> 'address', (p_request.pickup ->> 'lat')::numeric, (p_request.pickup ->> 'lng')::numeric,
        p_request.dropoff ->> 'address', (p_request.dropoff ->> 'lat')::numeric, (p_request.dropoff ->> 'lng')::numeric,
        p_request.notes, p_request.client_key, p_request.series_id, p_request.original_booking_id, private.my_user_id()
    )
    on conflict do nothing
    returning * into booking;

    if booking.id is null then
        perform private.refuse(
            'PT409', 'learner_busy',
            'You have a lesson at that time already.',
            'Choose a time that does not overlap it.'
        );
    end if;
    if (terms.offer).kind is not null then
        perform private.reserve_discount(terms.offer, p_learner, terms.price, booking.id, null);
    end if;
    if terms.credit_cents > 0 or p_request.uses_credit then
        perform private.reserve_credit(booking, service);
    end if;
    if booking.status = 'held' and booking.due_cents = 0 then
        booking := private.confirm_free_booking(booking.id);
    end if;
    return booking;
end;
$$;

-- Refuses a time that the rules of its service and instructor do not let be booked now, by anybody.
create function private.assert_slot_is_bookable(
    p_start_at timestamptz,
    p_service public.services,
    p_instructor public.instructors
)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if not coalesce(isfinite(p_start_at) and p_start_at > private.clock(), false) then
        perform private.refuse(
            'PT422', 'slot_in_the_past',
            'That lesson has started already.',
            'Choose a time in the future.'
        );
    end if;
    if not p_service.is_active then
        perform private.refuse(
            'PT409', 'service_inactive',
            'This lesson is not offered any more.',
            'Choose another lesson.'
        );
    end if;
    if not (p_instructor.is_active and p_instructor.is_available and p_instructor.verification_status = 'verified') then
        perform private.refuse(
            'PT409', 'instructor_unavailable',
            'This instructor takes no bookings at the moment.',
            'Choose another instructor, or try again later.'
        );
    end if;
    if p_start_at < private.clock() + make_interval(mins => p_instructor.minimum_notice_minutes) then
        perform private.refuse(
            'PT422', 'too_short_notice',
            format('This instructor needs %s minutes'' notice.', p_instructor.minimum_notice_minutes),
            'Choose a later time.'
        );
    end if;
    if p_start_at > private.clock() + make_interval(hours => 24 * p_instructor.horizon_days) then
        perform private.refuse(
            'PT422', 'too_far_ahead',
            format('This instructor can be booked up to %s days ahead.', p_instructor.horizon_days),
            'Choose an earlier time.'
        );
    end if;
end;
$$;

-- Lets the bookings of an instructor with a daily cap come one after the other, since no constraint could count them. A
-- login's rows in other organizations count too. Locked before anything of the slot's, so that two of them cannot deadlock.
create function private.lock_daily_cap(p_instructor public.instructors)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    select colleague.id
    from public.instructors colleague
    where (colleague.id = p_instructor.id or colleague.user_id = p_instructor.user_id)
        and colleague.daily_cap is not null
    order by colleague.id
    for no key update;
$$;

-- How many unpaid times a person keeps: held or requested; a series counts once.
create function private.count_open_holds(p_learner_person_id uuid, p_series_id uuid)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select count(distinct coalesce(booking.series_id, booking.id))
    from public.bookings booking
    where booking.learner_person_id = p_learner_person_id
        and booking.status in ('held', 'requested')
        and booking.hold_expires_at > private.clock()
        and (p_series_id is null or booking.series_id is distinct from p_series_id);
$$;

-- Confirms a held booking of which nothing is left to pay.
create function private.confirm_free_booking(p_booking_id uuid)
    returns public.bookings
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    update public.bookings
    set status = 'confirmed',
        hold_expires_at = null
    where id = p_booking_id
        and due_cents = 0
    returning *;
$$;
