-- Reserves a seat of a slot for a learner and freezes the price: until the checkout deadline, or where the service asks for
-- approval, until the instructor's answer, or where somebody else books or moves it, until the learner's. Most losers of a race are told by
-- an unlocked look; the others are stopped by take_seat and the constraint nobody_is_in_two_places. Price and prepaid minutes
-- are those of the slot, whose length may differ from the service's; a slot that gets another length after it was priced is refused.
-- Locks: the caller has locked the learner's row; codes and lots are locked last, as they are when they are released.
create function private.hold_slot(
    p_slot_id uuid,
    p_learner public.learners,
    p_request private.booking_request
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
    set plan_cache_mode = force_generic_plan
as $$
declare
    learner_person_id uuid := (
        select coalesce(learner.user_id, learner.id)
        from public.learners learner
        where learner.org_id = p_learner.org_id
            and learner.id = p_learner.id
    );
    slot public.bookable_slots;
    service public.services;
    instructor public.instructors;
    organization public.organizations;
    terms private.booking_terms;
    booking public.bookings;
    is_proposed constant boolean := private.waits_for_the_learner(p_learner, p_request);
begin
    select * into strict slot from public.bookable_slots where id = p_slot_id;
    select * into strict service from public.services where org_id = slot.org_id and id = slot.service_id;
    select * into strict instructor from public.instructors where org_id = slot.org_id and id = slot.instructor_id;
    select * into strict organization from public.organizations where id = slot.org_id;

    perform private.assert_slot_is_bookable(slot.start_at, service, instructor);
    if instructor.user_id = p_learner.user_id then
        perform private.refuse(
            'PT422', 'own_lesson',
            'You cannot book your own lesson.',
            'Choose another instructor.'
        );
    end if;

    perform private.lock_daily_cap(instructor);
    perform private.expire_holds(slot.org_id, slot.id, learner_person_id);
    slot := private.follow_service_if_free(slot, service);
    service.duration_minutes := private.minutes_between(slot.start_at, slot.end_at);
    terms := private.price_booking(service, instructor, slot.start_at, p_learner, p_request);
    if not is_proposed and (terms.credit_cents = 0 or terms.credit_cents < (terms.price).total_cents) then
        perform private.assert_may_hold(learner_person_id, p_request.series_id, organization);
    end if;
    if private.is_paid_later(p_request, slot.start_at) then
        perform private.assert_may_pay_later(learner_person_id, organization);
        perform private.assert_has_paid_later(learner_person_id, p_request.collect_from, organization.id);
    end if;
    if not private.is_slot_open(slot.instructor_id, slot.service_id, slot.start_at, p_request.original_booking_id) then
        perform private.refuse_taken_slot();
    end if;

    booking := private.add_booking(slot, service, organization, p_learner, learner_person_id, terms, p_request, is_proposed);
    if booking.end_at <> slot.end_at then
        perform private.refuse_taken_slot();
    end if;
    if (terms.offer).kind is not null then
        perform private.reserve_discount(terms.offer, p_learner, terms.price, booking.instructor_id, booking.order_id);
    end if;
    if booking.credit_minutes > 0 and not private.waits_for_its_original(booking) then
        perform private.reserve_credit(booking, service);
    end if;
    perform private.add_booking_item(booking);
    if booking.status = 'held' and booking.due_cents = 0 then
        update public.bookings
        set status = 'confirmed',
            hold_expires_at = null
        where org_id = booking.org_id
            and id = booking.id
        returning * into booking;
    end if;
    return booking;
end;
$$;

-- Returns the slot as it is now, with the service's present length and seats if nobody has booked it: it may have been published
-- while the service changed.
create function private.follow_service_if_free(p_slot public.bookable_slots, p_service public.services)
    returns public.bookable_slots
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    slot public.bookable_slots;
begin
    update public.bookable_slots
    set end_at = start_at + make_interval(mins => p_service.duration_minutes),
        max_bookings = p_service.max_participants
    where org_id = p_slot.org_id
        and id = p_slot.id
        and current_bookings = 0
        and (end_at, max_bookings)
        <> (start_at + make_interval(mins => p_service.duration_minutes), p_service.max_participants);
    select * into strict slot from public.bookable_slots where org_id = p_slot.org_id and id = p_slot.id;
    return slot;
end;
$$;

-- Refuses a time that the service's and the instructor's rules do not let anybody book now, free or not.
create function private.assert_slot_is_bookable(
    p_start_at timestamptz,
    p_service public.services,
    p_instructor public.instructors
)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not coalesce(isfinite(p_start_at) and p_start_at > private.clock(), false) then
        perform private.refuse(
            'PT422', 'slot_in_the_past',
            'This lesson has already started.',
            'Choose a time in the future.'
        );
    end if;
    if not p_service.is_active then
        perform private.refuse(
            'PT409', 'service_inactive',
            'This lesson is no longer offered.',
            'Choose another lesson.'
        );
    end if;
    if not (p_instructor.is_available and private.is_bookable_instructor(p_instructor)) then
        perform private.refuse_unavailable_instructor();
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

-- Refuses an instructor who takes no bookings; also one who could when the lesson was proposed.
create function private.refuse_unavailable_instructor()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'instructor_unavailable',
        'This instructor does not take bookings at the moment.',
        'Choose another instructor, or try again later.'
    );
end;
$$;

-- Makes the bookings of an instructor with a daily cap follow one another, since no constraint can count them. It locks the
-- login's rows in all organizations, and before anything of the slot, so that two bookings cannot deadlock.
create function private.lock_daily_cap(p_instructor public.instructors)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform colleague.id
    from public.instructors colleague
    where (colleague.id = p_instructor.id or colleague.user_id = p_instructor.user_id)
        and colleague.daily_cap is not null
    order by colleague.id
    for no key update;
end;
$$;

-- Refuses a person who keeps as many orders or lessons ahead without paying as the organization allows, or who has given up too many
-- holds of late. Held and requested lessons are unpaid, and free ones stay so. A series is one order; the series that is being booked
-- does not count as one. Lessons that are charged to a saved card later count apart: see assert_may_pay_later.
create function private.assert_may_hold(p_learner_person_id uuid, p_series_id uuid, p_organization public.organizations)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    max_given_up constant integer := 6;
    open_orders bigint;
    held_lessons bigint;
begin
    select
        count(distinct coalesce(booking.series_id, booking.id)) filter (
            where booking.status <> 'confirmed' and (p_series_id is null or booking.series_id is distinct from p_series_id)
        ),
        count(*)
    into open_orders, held_lessons
    from public.bookings booking
    where booking.learner_person_id = p_learner_person_id
        and booking.start_at > private.clock()
        and not booking.is_collected_later
        and (
            (booking.status in ('held', 'requested') and booking.hold_expires_at > private.clock())
            or (booking.status = 'confirmed' and booking.total_cents = 0)
        );

    if open_orders >= p_organization.max_open_holds then
        perform private.refuse(
            'PT409', 'too_many_holds',
            format('You already have %s unpaid bookings.', p_organization.max_open_holds),
            'Pay for one of them, or let it expire.'
        );
    end if;
    if held_lessons >= p_organization.max_held_lessons then
        perform private.refuse(
            'PT409', 'too_many_held_lessons',
            format('At most %s lessons ahead can be unpaid or free.', p_organization.max_held_lessons),
            'Pay for lessons that you have booked, or book fewer at once.'
        );
    end if;
    if (
        select count(distinct coalesce(booking.series_id, booking.id))
        from public.bookings booking
        where booking.learner_person_id = p_learner_person_id
            and booking.given_up_at > private.clock() - interval '24 hours'
    ) >= max_given_up then
        perform private.refuse(
            'PT429', 'too_many_unpaid_holds',
            format('You have reserved %s times within a day without paying for them.', max_given_up),
            'Go on tomorrow, or book with prepaid hours.'
        );
    end if;
end;
$$;

-- Inserts the booking, proposed, held or requested, with its frozen price and terms. Refuses a second seat for a learner.
create function private.add_booking(
    p_slot public.bookable_slots,
    p_service public.services,
    p_organization public.organizations,
    p_learner public.learners,
    p_learner_person_id uuid,
    p_terms private.booking_terms,
    p_request private.booking_request,
    p_is_proposed boolean
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
    is_paid_later constant boolean := private.is_paid_later(p_request, p_slot.start_at);
begin
    insert into public.bookings (
        org_id, learner_id, instructor_id, service_id, slot_id, learner_person_id, is_group, start_at, end_at,
        status, hold_expires_at,
        currency, price_cents, discount_cents, platform_fee_cents, instructor_share_cents, total_cents, fee_mode, fee_bps,
        credit_minutes, credit_applied_cents, original_total_cents, is_fee_refundable, cancellation_policy_id, payout_hold, early_start_requested_at,
        pickup_address, pickup_lat, pickup_lng, dropoff_address, dropoff_lat, dropoff_lng,
        learner_notes, client_key, series_id, order_id, original_booking_id, booked_by,
        is_collected_later, collect_from, collect_at
    )
    values (
        p_slot.org_id, p_learner.id, p_slot.instructor_id, p_slot.service_id, p_slot.id, p_learner_person_id,
        p_slot.max_bookings > 1, p_slot.start_at, p_slot.end_at,
        case
            when p_is_proposed then 'proposed'
            when p_service.requires_approval then 'requested'
            else 'held'
        end::public.booking_status,
        case
            when p_request.is_offered then least(private.clock() + interval '2 hours', p_slot.start_at)
            when p_is_proposed then private.proposal_expires_at(p_slot.start_at, p_request.original_booking_id)
            when is_paid_later and not p_service.requires_approval then private.held_for_collection_until(p_slot.start_at)
            else least(
                private.clock() + case
                    when p_service.requires_approval then make_interval(hours => p_service.approval_hours)
                    else make_interval(mins => p_organization.checkout_hold_minutes)
                end,
                p_slot.start_at
            )
        end,
        (p_terms.price).currency, (p_terms.price).list_cents, (p_terms.price).discount_cents, (p_terms.price).fee_cents,
        (p_terms.price).share_cents, (p_terms.price).total_cents, (p_terms.price).fee_mode, (p_terms.price).fee_bps,
        p_terms.credit_minutes, p_terms.credit_cents, p_terms.original_total_cents, p_terms.is_fee_refundable, p_terms.cancellation_policy_id,
        p_organization.payout_hold,
        case when not p_is_proposed then private.early_start_requested_at(p_slot.start_at, p_organization.withdrawal_mode) end,
        p_request.pickup ->> 'address', (p_request.pickup ->> 'lat')::numeric, (p_request.pickup ->> 'lng')::numeric,
        p_request.dropoff ->> 'address', (p_request.dropoff ->> 'lat')::numeric, (p_request.dropoff ->> 'lng')::numeric,
        p_request.notes, p_request.client_key, p_request.series_id,
        coalesce(
            p_request.order_id,
            private.order_of_booking(p_request.original_booking_id),
            private.place_order(p_slot.org_id, p_learner.id, p_slot.instructor_id, (p_terms.price).currency)
        ),
        p_request.original_booking_id, private.my_user_id(),
        is_paid_later, case when is_paid_later then p_request.collect_from end,
        case when is_paid_later then private.collect_at(p_slot.start_at) end
    )
    on conflict do nothing
    returning * into booking;

    if booking.id is null then
        perform private.refuse_busy_learner();
    end if;
    return booking;
end;
$$;

-- The instant at which a learner asks for a lesson to be given before the contract can no longer be withdrawn from; null if it is later.
create function private.early_start_requested_at(p_start_at timestamptz, p_mode public.withdrawal_mode)
    returns timestamptz
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select private.clock() where p_mode <> 'none' and p_start_at < private.clock() + interval '14 days'
    );
end;
$$;
