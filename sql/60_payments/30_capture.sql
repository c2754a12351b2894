-- Captures the authorized payments of a lesson that was given, or that the learner missed. If it was rescheduled to a cheaper
-- time, only the new price is captured. 82_effects calls it.
create function private.capture_booking_payments(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    paid record;
    payment public.payments;
begin
    for paid in
        select part.payment_id, part.whole_cents - part.price_cents as uncaptured_cents
        from private.allocate_price(p_booking.id, p_booking) part
    loop
        select * into payment from public.payments where id = paid.payment_id and status = 'authorized' for no key update;
        if found then
            perform private.capture_payment(payment, paid.uncaptured_cents);
        end if;
    end loop;
end;
$$;

-- Fixes how much of an authorization is never captured and queues the capture of the rest. If nothing is to be captured, the
-- authorization is cancelled instead.
create function private.capture_payment(p_payment public.payments, p_released_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.payments set uncaptured_cents = p_released_cents where id = p_payment.id;
    if p_released_cents = p_payment.amount_cents then
        perform private.cancel_payment(p_payment);
        return;
    end if;

    perform private.enqueue_command(
        p_payment.org_id, 'capture_payment', format('payment:%s:capture', p_payment.id),
        jsonb_build_object(
            'payment_id', p_payment.id,
            'payment_intent', p_payment.stripe_payment_intent_id,
            'amount_cents', p_payment.amount_cents - p_released_cents,
            'idempotency_key', format('payment:%s:capture', p_payment.id)
        ),
        format('payment:%s', p_payment.id)
    );
end;
$$;

-- Locks the payments of a booking, and of the booking that it replaces, so that nothing is refunded, disputed or lost of them
-- until the transaction ends. Payments that were not accepted belong to no booking and stay free.
create function private.lock_booking_payments(p_booking public.bookings)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select payment.id
    from public.payments payment
    where payment.org_id = p_booking.org_id
        and payment.booking_id in (p_booking.id, p_booking.original_booking_id)
        and payment.is_accepted
    order by payment.id
    for no key update;
$$;
