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
    set search_path = ''
as $$
declare
    booking public.bookings := private.require_party(p_booking_id);
    party constant public.booking_party := private.party_of(booking);
    ending private.cancellation_outcome;
begin
    perform private.assert_cancellable(booking);
    ending := private.decide_cancellation_outcome(booking, private.cancellation_refund_bps(booking, party, false));
    return query
    select
        booking.id, party, ending.refund_bps, ending.cancellation_refund_cents, ending.kept_cents, ending.restored_minutes,
        booking.currency;
end;
$$;

-- Cancels a booking and gives back what preview_cancellation said. Cancelling twice is cancelling once.
-- Definer: bookings change only through functions.
create function private.cancel_booking(p_booking_id uuid, p_reason text, p_expected_refund_cents bigint)
    returns table (
        booking_id uuid, cancelled_by public.booking_party, refund_bps integer,
        refund_cents bigint, restored_minutes integer, currency text
    )
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    booking public.bookings := private.require_party(p_booking_id);
    broken_rule text;
begin
    if booking.status <> 'cancelled' or booking.is_rescheduled then
        perform private.assert_cancellable(booking);
        update public.bookings
        set status = 'cancelled',
            cancelled_by = private.party_of(booking),
            cancelled_at = private.clock(),
            cancellation_reason = p_reason
        where id = booking.id
        returning * into booking;
        if booking.cancellation_refund_cents <> p_expected_refund_cents then
            perform private.refuse(
                'PT409', 'refund_changed',
                'What you would get back has changed meanwhile.',
                'Call preview_cancellation again.'
            );
        end if;
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
    set search_path = ''
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
    set search_path = ''
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
    set search_path = ''
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

-- Whoever ends a booking, what it gives back is decided here, once.
-- Definer: the writer needs no access to payments and credits.
create function private.set_cancellation_outcome()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    ending private.cancellation_outcome := private.decide_cancellation_outcome(
        old,
        private.cancellation_refund_bps(old, coalesce(new.no_show_by, new.cancelled_by), new.status = 'no_show')
    );
begin
    new.hold_expires_at := null;
    new.refund_bps := ending.refund_bps;
    new.cancellation_refund_cents := ending.cancellation_refund_cents;
    new.restored_minutes := ending.restored_minutes;
    new.kept_share_cents := ending.kept_share_cents;
    return new;
end;
$$;

create trigger set_cancellation_outcome
    before update of status on public.bookings
    for each row
    when (
        new.status in ('cancelled', 'no_show')
        and new.status <> old.status
        and new.cancellation_refund_cents is null
    )
    execute function private.set_cancellation_outcome();

-- Gives back what the ending of a booking decided: by refunds, or by capturing the rest of an authorization alone. Of what was
-- rescheduled to nothing is given back; the booking that it was to be moved to ends with it.
-- Definer: nobody writes refunds directly.
create function private.refund_booking()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    due record;
    payment public.payments;
begin
    for due in
        select part.payment_id, part.refund_cents from private.cancellation_refunds(new.id, new.refund_bps) part
    loop
        select * into strict payment from public.payments where id = due.payment_id for no key update;
        if payment.status = 'authorized' then
            perform private.capture_payment(payment, due.refund_cents);
        elsif payment.is_disputed then
            perform private.raise_alert(
                new.org_id, null, 'refund_waits_for_dispute',
                'A lesson was called off whose payment is disputed. Decide about a refund when the dispute has ended.',
                'payments', payment.id, format('booking:%s:refund_waits', new.id)
            );
        elsif due.refund_cents > 0 then
            perform private.create_refund(
                payment, due.refund_cents,
                case new.status when 'no_show' then 'The instructor did not come.' else 'The booking was cancelled.' end
            );
        end if;
    end loop;

    update public.bookings
    set status = 'cancelled',
        cancelled_by = 'system',
        cancelled_at = private.clock(),
        cancellation_reason = 'The booking to be rescheduled has ended.'
    where original_booking_id = new.id
        and status in ('held', 'requested');
    return null;
end;
$$;

create trigger refund_booking
    after update of status on public.bookings
    for each row
    when (
        not new.is_rescheduled
        and old.status in ('confirmed', 'in_progress')
        and (new.status = 'cancelled' or new.no_show_by = 'instructor')
    )
    execute function private.refund_booking();
