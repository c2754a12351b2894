-- Makes the refund's row and the command that carries it to Stripe with the row's key. The caller holds the payment's lock.
create function private.create_refund(p_payment public.payments, p_amount_cents bigint, p_reason text)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    new_refund_id uuid;
begin
    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status
    )
    values (
        p_payment.org_id, p_payment.id, p_payment.learner_id, p_payment.instructor_id,
        p_payment.currency, p_amount_cents, p_reason, 'pending'
    )
    returning id into new_refund_id;

    perform private.enqueue_command(
        'refund_payment', format('refund:%s', new_refund_id),
        jsonb_build_object(
            'refund_id', new_refund_id,
            'payment_intent', p_payment.stripe_payment_intent_id,
            'amount_cents', p_amount_cents,
            'currency', p_payment.currency,
            'idempotency_key', format('refund:%s', new_refund_id),
            'metadata', jsonb_build_object('refund_id', new_refund_id, 'payment_id', p_payment.id)
        ),
        format('payment:%s', p_payment.id)
    );
    return new_refund_id;
end;
$$;
