-- What cancelling a booking would give back at this instant, to the cent.
-- Definer: parties of a booking may not read its payments' books.
create function private.preview_cancellation(p_booking_id uuid)
    returns table (
        booking_id uuid, cancelled_by public.booking_party, refund_bps integer,
        refund_cents bigint, kept_cents bigint, restored_minutes integer, currency text
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_party(p_booking_id);
    party constant public.booking_party := private.party_of(booking);
    outcome private.cancellation_outcome;
begin
    perform private.assert_cancellable(booking);
    outcome := private.calculate_cancellation_outcome(booking, party, false);
    return query
    select
        booking.id, party, outcome.refund_bps, outcome.cancellation_refund_cents, outcome.kept_cents,
        outcome.restored_minutes, booking.currency;
end;
$$;

-- Cancels a booking and refunds what preview_cancellation said, or refuses if that has changed. Cancelling twice is cancelling
-- once. What follows from the cancellation is in 82_effects. Definer: bookings change only through functions.
create function private.cancel_booking(p_booking_id uuid, p_reason text, p_expected_refund_cents bigint)
    returns table (
        booking_id uuid, cancelled_by public.booking_party, refund_bps integer,
        refund_cents bigint, restored_minutes integer, currency text
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_generic_plan
as $$
declare
    booking public.bookings := private.require_party(p_booking_id);
    party constant public.booking_party := private.party_of(booking);
    broken_rule text;
begin
    if booking.status <> 'cancelled' or booking.is_rescheduled then
        perform private.assert_cancellable(booking);
        update public.bookings
        set status = 'cancelled',
            cancelled_by = party,
            cancelled_at = private.clock(),
            cancellation_reason = p_reason
        where org_id = booking.org_id
            and id = booking.id
        returning * into booking;
        perform private.assert_refund_is_expected(booking.cancellation_refund_cents, p_expected_refund_cents);
    end if;

    return query
    select
        booking.id, booking.cancelled_by, booking.refund_bps, booking.cancellation_refund_cents, booking.restored_minutes,
        booking.currency;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Returns, locked, a booking to which the caller is a party.
create function private.require_party(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    perform private.lock_bookings(array[p_booking_id]);
    return private.booking_of_party(p_booking_id);
end;
$$;

-- Returns a booking to which the caller is a party; refuses with the same error whether it is somebody else's or does not exist.
create function private.booking_of_party(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
begin
    select * into booking from public.bookings where id = p_booking_id;

    if private.party_of(booking) is null then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You have no such booking.',
            'Check the booking''s id, and that you are signed in as the right person.'
        );
    end if;
    return booking;
end;
$$;

-- The caller's role in a booking: learner, guardian who may book, instructor or admin; null for anybody else. A caller with
-- several roles has the first: an admin's own booking is cancelled under the learner's policy.
create function private.party_of(p_booking public.bookings)
    returns public.booking_party
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case
        when p_booking.learner_id = any (private.my_learner_ids()) then 'learner'
        when p_booking.learner_id = any (private.ward_ids(private.my_user_id(), 'book')) then 'guardian'
        when p_booking.instructor_id = any (private.my_instructor_ids()) then 'instructor'
        when p_booking.org_id = any (private.my_admin_org_ids()) then 'admin'
    end::public.booking_party;
end;
$$;

-- Refuses to cancel a booking that has ended or took place.
create function private.assert_cancellable(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_booking.status not in ('proposed', 'held', 'requested', 'confirmed', 'in_progress') then
        perform private.refuse(
            'PT409', 'booking_not_cancellable',
            format('This booking is %s, so it cannot be cancelled.', p_booking.status),
            'Reload the booking. For a lesson that took place, ask for a refund.'
        );
    end if;
end;
$$;

-- Refuses a cancellation whose refund is not the one that was previewed.
create function private.assert_refund_is_expected(p_refund_cents bigint, p_expected_refund_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_refund_cents <> p_expected_refund_cents then
        perform private.refuse(
            'PT409', 'refund_changed',
            'The refund for cancelling has changed in the meantime.',
            format(
                'It is %s now, in the minor unit. Call preview_cancellation again, and cancel if that refund is accepted.',
                p_refund_cents
            )
        );
    end if;
end;
$$;
