-- A school can book for its learners, but it neither fills an adult's calendar nor spends what is theirs; and who teaches can move a lesson,
-- but not to a time that the learner did not agree to. Such a booking is proposed. It keeps the instructor's time until the learner, or a
-- guardian who may book, accepts or declines it, or it lapses. The original of a move stays as it is until then.

-- True if a booking waits for the learner's word: somebody books for an adult with a login, or moves a lesson of a learner for whom anybody
-- can answer, who is neither the learner nor a guardian with the right to book.
create function private.waits_for_the_learner(p_learner public.learners, p_request private.booking_request)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_request.is_offered then
        return true;
    end if;
    if private.may_answer_for(p_learner.id) then
        return false;
    end if;
    if p_request.original_booking_id is not null then
        return private.is_learner_reachable(p_learner.id);
    end if;
    return p_learner.user_id is not null and not private.is_minor(private.date_of_birth_of(p_learner.id));
end;
$$;

-- When a proposal sent now lapses: after 48 hours, and 24 hours before the lesson at the latest; one that is sent later than that after
-- two hours, and with the start of the lesson at the latest. The lesson is the original that would move; an earlier time lapses with its
-- own start.
create function private.proposal_expires_at(p_start_at timestamptz, p_original_booking_id uuid)
    returns timestamptz
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select least(
        greatest(
            least(private.clock() + interval '48 hours', lesson.start_at - interval '24 hours'),
            least(private.clock() + interval '2 hours', lesson.start_at)
        ),
        p_start_at
    )
    from (
        select coalesce(
            (select original.start_at from public.bookings original where original.id = p_original_booking_id), p_start_at
        ) as start_at
    ) lesson;
$$;

-- The learner accepts: the booking takes its place in the learner's calendar, and is held until it is paid, or confirmed at once if nothing
-- is due, which prepaid hours may pay. A move that costs nothing more ends its original; another one when the difference is paid. To
-- accept is to book.
-- Definer: bookings change only through functions.
create function private.accept_proposal(p_booking_id uuid, p_use_credits boolean)
    returns public.booking_status
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_proposal(p_booking_id);
    organization public.organizations;
begin
    select * into strict organization from public.organizations where id = booking.org_id;
    perform private.assert_still_bookable(booking);
    perform private.expire_holds(booking.org_id, booking.slot_id, booking.learner_person_id);
    if booking.original_booking_id is not null then
        perform private.assert_may_hold(booking.learner_person_id, booking.series_id, organization);
        perform private.move_original(booking);
    elsif p_use_credits and booking.due_cents > 0 then
        perform private.assert_may_spend(learner, true)
        from public.learners learner
        where learner.org_id = booking.org_id
            and learner.id = booking.learner_id;
        booking := private.pay_by_credit(booking);
    else
        perform private.assert_may_hold(booking.learner_person_id, booking.series_id, organization);
    end if;

    update public.bookings
    set status = case when booking.due_cents = 0 then 'confirmed' else 'held' end::public.booking_status,
        accepted_at = private.clock(),
        hold_expires_at = case
            when booking.due_cents > 0 then least(
                private.clock() + make_interval(mins => organization.checkout_hold_minutes),
                booking.start_at
            )
        end,
        early_start_requested_at = private.early_start_requested_at(booking.start_at, organization.withdrawal_mode)
    where org_id = booking.org_id
        and id = booking.id
    returning * into booking;
    return booking.status;
end;
$$;

-- Refuses a proposal of which the instructor, or but for a move the learner, could not be booked any more.
create function private.assert_still_bookable(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    if p_booking.original_booking_id is null then
        perform private.require_bookable_learner(null, p_booking.learner_id, p_booking.org_id);
    end if;
    select * into strict instructor
    from public.instructors
    where org_id = p_booking.org_id
        and id = p_booking.instructor_id;
    if not private.is_bookable_instructor(instructor) then
        perform private.refuse_unavailable_instructor();
    end if;
end;
$$;

-- Ends the original of an accepted move that costs nothing more, whose item becomes the replacement's. Prepaid minutes were the original's
-- until now. A replacement that they pay in part takes just them; one that they pay alone takes as many as it is long, at what they are
-- worth now. Refuses if the original is not confirmed any more.
create function private.move_original(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    original public.bookings;
    booking public.bookings := p_booking;
begin
    select * into strict original
    from public.bookings
    where org_id = p_booking.org_id
        and id = p_booking.original_booking_id;
    if original.status <> 'confirmed' then
        perform private.refuse(
            'PT409', 'booking_not_reschedulable',
            format('The lesson that would move is %s.', original.status),
            'Reload the booking.'
        );
    end if;
    if booking.due_cents > 0 then
        return;
    end if;

    if booking.credit_minutes between 1 and private.minutes_between(booking.start_at, booking.end_at) - 1 then
        perform private.transfer_credit(original.id, booking.id);
    end if;
    perform private.end_original_booking(original.id, 'instructor');
    if booking.credit_minutes = private.minutes_between(booking.start_at, booking.end_at) then
        booking := private.reprice_by_credit(booking);
    end if;
    perform private.move_item(original.id, booking.id, private.price_of_booking(booking));
end;
$$;

-- Lets prepaid minutes alone pay for a proposed booking, and for its item.
create function private.pay_by_credit(p_booking public.bookings)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking constant public.bookings := private.reprice_by_credit(p_booking);
    credit constant private.credit_part := private.booking_credit(p_booking.id, 'reserve');
begin
    update public.order_items
    set list_cents = booking.price_cents,
        discount_cents = booking.discount_cents,
        fee_cents = booking.platform_fee_cents,
        share_cents = booking.instructor_share_cents,
        is_fee_refundable = booking.is_fee_refundable,
        credit_share_cents = credit.share_cents,
        credit_fee_cents = credit.fee_cents,
        credit_discount_cents = credit.discount_cents,
        is_paid = true
    where org_id = booking.org_id
        and booking_id = booking.id;
    return booking;
end;
$$;

-- Gives a proposed booking that prepaid minutes alone pay the price that they have now, and reserves them.
create function private.reprice_by_credit(p_booking public.bookings)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    service public.services;
    instructor public.instructors;
    learner public.learners;
    terms private.booking_terms;
    booking public.bookings;
begin
    select * into strict service from public.services where org_id = p_booking.org_id and id = p_booking.service_id;
    select * into strict instructor from public.instructors where org_id = p_booking.org_id and id = p_booking.instructor_id;
    select * into strict learner from public.learners where org_id = p_booking.org_id and id = p_booking.learner_id;
    service.duration_minutes := private.minutes_between(p_booking.start_at, p_booking.end_at);
    terms := private.price_by_credit(
        null, private.price_service(service.id, instructor.id, p_booking.start_at, service.duration_minutes),
        service, instructor, p_booking.start_at, learner, null
    );

    update public.bookings
    set price_cents = (terms.price).list_cents,
        discount_cents = (terms.price).discount_cents,
        platform_fee_cents = (terms.price).fee_cents,
        instructor_share_cents = (terms.price).share_cents,
        total_cents = (terms.price).total_cents,
        fee_mode = (terms.price).fee_mode,
        fee_bps = (terms.price).fee_bps,
        credit_minutes = terms.credit_minutes,
        credit_applied_cents = terms.credit_cents,
        is_fee_refundable = terms.is_fee_refundable
    where org_id = p_booking.org_id
        and id = p_booking.id
    returning * into booking;
    perform private.reserve_credit(booking, service);
    return booking;
end;
$$;

-- The learner turns a proposal down, which frees the time and costs nothing. Definer: bookings change only through functions.
create function private.decline_proposal(p_booking_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_proposal(p_booking_id);
begin
    update public.bookings
    set status = 'declined',
        hold_expires_at = null
    where org_id = booking.org_id
        and id = booking.id;
end;
$$;

-- Returns the proposed booking, locked with its order and its learner, if the caller is the learner or a guardian who may book and it has not lapsed.
create function private.require_proposal(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    booking public.bookings;
begin
    perform private.lock_bookings(array[p_booking_id]);
    perform private.lock_learner((select known.learner_id from public.bookings known where known.id = p_booking_id));
    select * into booking
    from public.bookings
    where id = p_booking_id
        and (learner_id = any (private.my_learner_ids()) or learner_id = any (private.ward_ids(person, 'book')));

    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You have no such booking.',
            'Check the booking''s id, and that you are signed in as the right person.'
        );
    end if;
    if booking.status <> 'proposed' or booking.hold_expires_at <= private.clock() then
        perform private.refuse(
            'PT409', 'booking_not_proposed',
            format('This booking is %s, so it waits for no answer of yours.', booking.status),
            'Reload the booking. A proposal that has lapsed can be booked anew.'
        );
    end if;
    return booking;
end;
$$;
