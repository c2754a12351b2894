-- Takes the authorized money of a lesson that was given, or that the learner missed: what the booking costs by now, which is
-- less than was authorized if it was moved to a cheaper time. Definer: nobody writes payments directly.
create function private.capture_booking_payments()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    paid record;
    payment public.payments;
begin
    for paid in
        select part.payment_id, part.whole_cents - part.price_cents as uncaptured_cents
        from private.allocate_price(new.id, new) part
    loop
        select * into payment from public.payments where id = paid.payment_id and status = 'authorized' for no key update;
        if found then
            perform private.capture_payment(payment, paid.uncaptured_cents);
        end if;
    end loop;
    return null;
end;
$$;

create trigger capture_booking_payments
    after update of status on public.bookings
    for each row
    when (
        new.status <> old.status
        and (new.status = 'completed' or new.no_show_by = 'learner')
    )
    execute function private.capture_booking_payments();

-- Fixes how much of an authorization is never captured and queues the capture of the rest. If nothing is to be captured, the
-- authorization is cancelled instead.
create function private.capture_payment(p_payment public.payments, p_released_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    update public.payments set uncaptured_cents = p_released_cents where id = p_payment.id;
    if p_released_cents = p_payment.amount_cents then
        perform private.cancel_payment(p_payment);
        return;
    end if;

    perform private.enqueue_command(
        'capture_payment', format('payment:%s:capture', p_payment.id),
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
