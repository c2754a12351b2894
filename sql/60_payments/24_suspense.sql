-- Posts money that matches no payment to suspense, once a PaymentIntent, until an admin resolves it.
create function private.post_to_suspense(p_org_id uuid, p_payment_id uuid, p_intent jsonb, p_occurred_at timestamptz)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.post_transaction(
        p_org_id, 'unmatched_money', 'payment', p_payment_id, format('payment_intent:%s:suspense', p_intent ->> 'id'),
        lower(p_intent ->> 'currency'), p_occurred_at,
        array[
            row('stripe_balance', null, (p_intent ->> 'amount_received')::bigint),
            row('suspense', null, -(p_intent ->> 'amount_received')::bigint)
        ]::private.posting[]
    );
$$;

-- Reverses an earlier posting to suspense once the PaymentIntent's payment is known; does nothing if there was none.
create function private.release_from_suspense(p_org_id uuid, p_intent jsonb, p_occurred_at timestamptz)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.post_transaction(
        posted.org_id, 'unmatched_money_matched', 'payment', posted.source_id, format('payment_intent:%s:suspense_released', p_intent ->> 'id'),
        posted.currency, p_occurred_at,
        array(
            select row(account.kind, account.owner_id, -entry.amount_cents)::private.posting
            from private.ledger_entries entry
            join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
            where entry.org_id = posted.org_id
                and entry.transaction_id = posted.id
        )
    )
    from private.ledger_transactions posted
    where posted.org_id in (p_org_id, private.platform_id())
        and posted.idempotency_key = format('payment_intent:%s:suspense', p_intent ->> 'id');
$$;
