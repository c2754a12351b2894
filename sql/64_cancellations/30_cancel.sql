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
    outcome := private.calculate_cancellation_outcome(booking, private.cancellation_refund_bps(booking, party, false));
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
as $$
declare
    booking public.bookings := private.require_party(p_booking_id);
    party constant public.booking_party := private.party_of(booking);
    outcome private.cancellation_outcome;
    broken_rule text;
begin
    if booking.status <> 'cancelled' or booking.is_rescheduled then
        perform private.assert_cancellable(booking);
        outcome := private.decide_cancellation_outcome(booking, private.cancellation_refund_bps(booking, party, false));
        perform private.assert_refund_is_expected(outcome.cancellation_refund_cents, p_expected_refund_cents);

        update public.bookings
        set status = 'cancelled',
            hold_expires_at = null,
            cancelled_by = party,
            cancelled_at = private.clock(),
            cancellation_reason = p_reason,
            refund_bps = outcome.refund_bps,
            cancellation_refund_cents = outcome.cancellation_refund_cents,
            restored_minutes = outcome.restored_minutes,
            kept_share_cents = outcome.kept_share_cents
        where org_id = booking.org_id
            and id = booking.id
        returning * into booking;
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

-- Returns, locked, a booking to which the caller is a party; refuses with the same error whether it is somebody else's or does not
-- exist. Its replacements are locked first: the order in which their payments lock the two.
create function private.require_party(p_booking_id uuid)
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
    perform from public.bookings where original_booking_id = p_booking_id for no key update;
    select * into booking from public.bookings where id = p_booking_id for no key update;

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
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_booking.learner_id = any (private.my_learner_ids()) then 'learner'
        when p_booking.learner_id = any (private.ward_ids(private.my_user_id(), 'book')) then 'guardian'
        when p_booking.instructor_id = any (private.my_instructor_ids()) then 'instructor'
        when p_booking.org_id = any (private.my_admin_org_ids()) then 'admin'
    end::public.booking_party;
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
    if p_booking.status not in ('held', 'requested', 'confirmed', 'in_progress') then
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

-- Guards every booking that ends, also by an edit in Studio: what it refunds is decided before it ends, unless the function that
-- ends it has decided already. A refund rate that the writer sets is used. A replacement that is declined or expires refunds its
-- original. Definer: the writer needs no access to payments and credits.
create function private.set_cancellation_outcome()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    outcome private.cancellation_outcome;
begin
    if new.cancellation_refund_cents is not null and not private.has_undecided_payments(new) then
        return new;
    end if;

    outcome := private.decide_cancellation_outcome(
        old,
        coalesce(
            new.refund_bps,
            private.cancellation_refund_bps(old, coalesce(new.no_show_by, new.cancelled_by), new.status = 'no_show')
        )
    );
    if new.status in ('cancelled', 'no_show') then
        new.hold_expires_at := null;
        new.refund_bps := outcome.refund_bps;
        new.cancellation_refund_cents := outcome.cancellation_refund_cents;
        new.restored_minutes := outcome.restored_minutes;
        new.kept_share_cents := outcome.kept_share_cents;
    end if;
    return new;
end;
$$;

create trigger set_cancellation_outcome
    before update of status on public.bookings
    for each row
    when (
        new.status <> old.status
        and not new.is_rescheduled
        and (
            new.status in ('cancelled', 'no_show')
            or (new.status in ('declined', 'expired') and new.original_booking_id is not null)
        )
    )
    execute function private.set_cancellation_outcome();

-- Has the booking a payment of which nobody has decided what is refunded?
create function private.has_undecided_payments(p_booking public.bookings)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.payments payment
        where payment.org_id = p_booking.org_id
            and payment.booking_id = p_booking.id
            and payment.is_accepted
            and payment.status in ('authorized', 'succeeded')
            and not exists (
                select
                from private.return_items item
                where item.org_id = p_booking.org_id
                    and item.booking_id = p_booking.id
                    and item.payment_id = payment.id
            )
    );
$$;

-- Carries out what was decided about the payments of a booking that ended: refunds them, or captures only the rest of an
-- authorization. A disputed payment cannot be refunded, so the admins are told. 82_effects calls it.
create function private.refund_booking(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item private.return_items;
    payment public.payments;
begin
    for item in
        select decided.*
        from private.return_items decided
        join public.payments paid on paid.org_id = decided.org_id and paid.id = decided.payment_id
        where decided.org_id = p_booking.org_id
            and decided.booking_id = p_booking.id
        order by paid.created_at, paid.id
    loop
        select * into strict payment from public.payments where org_id = item.org_id and id = item.payment_id;
        if payment.status = 'authorized' then
            perform private.capture_payment(payment, item.refund_cents);
        elsif payment.is_disputed then
            perform private.raise_alert(
                p_booking.org_id, null, 'refund_waits_for_dispute',
                'A lesson was called off whose payment is disputed. Decide about a refund when the dispute has ended.',
                'payments', payment.id, format('booking:%s:refund_waits', p_booking.id)
            );
        elsif item.refund_cents > 0 then
            perform private.create_refund(
                payment, item.refund_cents,
                case
                    when payment.booking_id <> p_booking.id then 'The rescheduled lesson was not confirmed.'
                    when p_booking.status = 'no_show' then 'The instructor did not come.'
                    else 'The booking was cancelled.'
                end
            );
        end if;
    end loop;
end;
$$;

-- Cancels the unconfirmed replacement of a booking that ended. 82_effects calls it.
create function private.cancel_replacement(p_booking public.bookings)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.bookings
    set status = 'cancelled',
        cancelled_by = 'system',
        cancelled_at = private.clock(),
        cancellation_reason = 'The booking to be rescheduled has ended.'
    where org_id = p_booking.org_id
        and original_booking_id = p_booking.id
        and status in ('held', 'requested');
$$;
