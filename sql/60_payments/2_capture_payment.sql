-- Lets more of an authorized payment go, and queues the command that takes the rest. Nothing to take means that the
-- authorization is cancelled.
create function private.capture_payment(p_payment public.payments, p_more_released_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    let_go_cents constant bigint := p_payment.released_cents + p_more_released_cents;
begin
    update public.payments set released_cents = let_go_cents where id = p_payment.id;
    if let_go_cents = p_payment.amount_cents then
        perform private.cancel_payment(p_payment);
        return;
    end if;

    perform private.enqueue_command(
        'capture_payment', format('payment:%s:capture', p_payment.id),
        jsonb_build_object(
            'payment_id', p_payment.id,
            'payment_intent', p_payment.stripe_payment_intent_id,
            'amount_cents', p_payment.amount_cents - let_go_cents,
            'idempotency_key', format('payment:%s:capture', p_payment.id)
        ),
        format('payment:%s', p_payment.id)
    );
end;
$$;
