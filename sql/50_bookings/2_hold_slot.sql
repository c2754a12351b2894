-- Reserves a seat for a learner until the checkout deadline and freezes the price. Most losers of a race are told by an
-- unlocked look; what slips through is stopped by take_seat and instructor_is_never_double_booked.
-- The learner's row is locked first: one person's requests come one after the other.
create function private.hold_slot(
    p_slot_id uuid,
    p_learner public.learners,
    p_notes text,
    p_client_key text
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    learner_person_id uuid := coalesce(p_learner.user_id, p_learner.id);
    slot public.bookable_slots;
    service public.services;
    instructor public.instructors;
    organization public.organizations;
    price private.price;
    booking public.bookings;
begin
    perform from public.learners where id = p_learner.id for no key update;

    select * into booking
    from public.bookings
    where learner_id = p_learner.id
        and client_key = p_client_key;
    if found then
        if booking.slot_id <> p_slot_id then
            perform private.refuse(
                'PT409', 'client_key_reused',
                'This request was made before, for another time.',
                'Send a new p_client_key for a new booking.'
            );
        end if;
        return booking;
    end if;

    select * into strict slot from public.bookable_slots where id = p_slot_id;
    select * into strict service from public.services where id = slot.service_id;
    select * into strict instructor from public.instructors where id = slot.instructor_id;
    select * into strict organization from public.organizations where id = slot.org_id;

    perform private.check_slot_is_bookable(slot, service, instructor);
    if instructor.user_id = p_learner.user_id then
        perform private.refuse(
            'PT422', 'own_lesson',
            'You cannot book your own lesson.',
            'Choose another instructor.'
        );
    end if;
    price := private.price_service(service.id, instructor.id);
    perform private.check_price_is_payable(price);

    perform private.expire_holds(slot.id, learner_person_id);
    if private.count_open_holds(learner_person_id) >= organization.max_open_holds then
        perform private.refuse(
            'PT409', 'too_many_holds',
            format('You hold %s unpaid times already.', organization.max_open_holds),
            'Pay for one of them, or let it expire.'
        );
    end if;
    if not private.is_seat_free(slot.id) then
        perform private.refuse_taken_slot();
    end if;

    insert into public.bookings (
        org_id, learner_id, instructor_id, service_id, slot_id, learner_person_id, is_group, start_at, end_at,
        status, hold_expires_at,
        currency, price_cents, discount_cents, platform_fee_cents, instructor_share_cents, total_cents, fee_mode, fee_bps,
        learner_notes, client_key
    )
    values (
        slot.org_id, p_learner.id, slot.instructor_id, slot.service_id, slot.id, learner_person_id,
        slot.max_bookings > 1, slot.start_at, slot.end_at,
        'held',
        least(private.clock() + make_interval(mins => organization.checkout_hold_minutes), slot.start_at),
        price.currency, price.list_cents, price.discount_cents, price.fee_cents, price.share_cents, price.total_cents,
        price.fee_mode, price.fee_bps,
        p_notes, p_client_key
    )
    on conflict do nothing
    returning * into booking;

    if booking.id is null then
        perform private.refuse(
            'PT409', 'learner_busy',
            'You have another lesson at that time.',
            'Choose a time that does not overlap it.'
        );
    end if;
    return booking;
exception
    when exclusion_violation or deadlock_detected or serialization_failure then
        perform private.refuse_taken_slot();
        return null;
end;
$$;
