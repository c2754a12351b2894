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

-- Has the booking, or the original that was given up for it, a payment of which nobody has decided what is refunded?
create function private.has_undecided_payments(p_booking public.bookings)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.bookings paid
        join public.payments payment on payment.org_id = paid.org_id and payment.booking_id = paid.id
        where paid.org_id = p_booking.org_id
            and (paid.id = p_booking.id or (paid.id = p_booking.original_booking_id and paid.is_rescheduled))
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
