-- Queues the command that makes a refund at Stripe, once.
create function private.send_refund(p_refund_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    select private.enqueue_command(
        'refund_payment', format('refund:%s', refund.id),
        jsonb_build_object(
            'refund_id', refund.id,
            'payment_intent', payment.stripe_payment_intent_id,
            'amount_cents', refund.amount_cents,
            'currency', refund.currency,
            'idempotency_key', format('refund:%s', refund.id),
            'metadata', jsonb_build_object('refund_id', refund.id, 'payment_id', payment.id)
        ),
        format('payment:%s', payment.id)
    )
    from public.refunds refund
    join public.payments payment on payment.id = refund.payment_id
    where refund.id = p_refund_id;
$$;
