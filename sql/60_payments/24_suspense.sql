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

-- Takes money out of suspense that was set aside before it was known what it was for; nothing if none was.
create function private.release_from_suspense(p_intent jsonb, p_occurred_at timestamptz)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    select private.post_transaction(
        'unmatched_money_matched', 'payment', booked.source_id, format('payment_intent:%s:suspense_released', p_intent ->> 'id'),
        booked.currency, p_occurred_at,
        array(
            select row(account.kind, account.owner_id, -entry.amount_cents)::private.posting
            from private.ledger_entries entry
            join private.ledger_accounts account on account.id = entry.account_id
            where entry.transaction_id = booked.id
        )
    )
    from private.ledger_transactions booked
    where booked.idempotency_key = format('payment_intent:%s:suspense', p_intent ->> 'id');
$$;
