-- Books money that matches nothing, once a PaymentIntent, until an admin resolves it.
create function private.post_to_suspense(p_intent jsonb, p_payment_id uuid, p_occurred_at timestamptz)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    select private.post_transaction(
        'unmatched_money', 'payment', p_payment_id, format('payment_intent:%s:suspense', p_intent ->> 'id'),
        lower(p_intent ->> 'currency'), p_occurred_at,
        array[
            row('stripe_balance', null, (p_intent ->> 'amount_received')::bigint),
            row('suspense', null, -(p_intent ->> 'amount_received')::bigint)
        ]::private.posting[]
    );
$$;
