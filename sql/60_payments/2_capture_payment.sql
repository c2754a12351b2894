-- Decides how much of an authorized payment is taken, and queues the command; the rest is never taken. Nothing to take means
-- that the authorization is cancelled.
create function private.capture_payment(p_payment public.payments, p_released_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    update public.payments set released_cents = p_released_cents where id = p_payment.id;
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
