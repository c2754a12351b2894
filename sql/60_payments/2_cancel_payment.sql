-- Queues the command that cancels a payment's intent at Stripe, once.
create function private.cancel_payment(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    perform private.enqueue_command(
        'cancel_payment_intent', format('payment:%s:cancel', p_payment.id),
        jsonb_build_object(
            'payment_id', p_payment.id,
            'payment_intent', p_payment.stripe_payment_intent_id,
            'create', private.intent_parameters(p_payment),
            'create_key', private.intent_key(p_payment)
        ),
        format('payment:%s', p_payment.id)
    );
end;
$$;
