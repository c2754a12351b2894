-- The currencies in which Stripe's balance (p_balance, as Stripe answers) is not what the ledgers of all organizations say together, for
-- `jobs doctor`. A difference that what is on its way may explain
-- is none: that amount is on_the_way_cents.
-- Definer: the job has no access to the tables.
create function private.compare_stripe_balance(p_balance jsonb)
    returns table (currency text, stripe_cents bigint, ledger_cents bigint, on_the_way_cents bigint)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    with held as (
        select funds.currency, funds.cents from private.stripe_funds(p_balance) funds
    ),

    booked as (
        select account.currency, sum(entry.amount_cents)::bigint as cents
        from private.ledger_accounts account
        join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
        where account.kind = 'stripe_balance'
        group by account.currency
    ),

    compared as (
        select
            coalesce(held.currency, booked.currency) as currency,
            coalesce(held.cents, 0) as stripe_cents,
            coalesce(booked.cents, 0) as ledger_cents
        from held
        full join booked on booked.currency = held.currency
    )

    select compared.currency, compared.stripe_cents, compared.ledger_cents, private.on_the_way_cents(compared.currency)
    from compared
    where compared.stripe_cents <> compared.ledger_cents
        and abs(compared.stripe_cents - compared.ledger_cents) > private.on_the_way_cents(compared.currency)
    order by compared.currency;
end;
$$;

-- What Stripe holds in each currency: the sum of what is available, pending and reserved for connected accounts.
create function private.stripe_funds(p_balance jsonb)
    returns table (currency text, cents bigint)
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select funds ->> 'currency', sum((funds ->> 'amount')::bigint)::bigint
    from unnest(array['available', 'pending', 'connect_reserved']) part
    cross join jsonb_array_elements(p_balance -> part) funds
    group by 1;
$$;

-- The most by which Stripe's balance and the ledger may differ for a while: payments, of invoices too, and suspense items whose fee is not known yet,
-- payments to be captured, refunds and transfers that Stripe may have made, and reversals that wait in the outbox.
create function private.on_the_way_cents(p_currency text)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(sum(moving.cents), 0)::bigint
        from (
            select payment.amount_cents as cents
            from public.payments payment
            where payment.currency = p_currency
                and payment.status = 'succeeded'
                and payment.processing_fee_cents is null
            union all
            select paid.amount_paid_cents
            from public.invoice_payments paid
            where paid.currency = p_currency
                and paid.status = 'paid'
                and paid.stripe_payment_record_id is null
                and paid.processing_fee_cents is null
            union all
            select abs(item.amount_cents)
            from private.suspense_items item
            where item.currency = p_currency
                and item.stripe_payment_intent_id is not null
                and item.processing_fee_cents is null
                and item.resolution is distinct from 'payment'
            union all
            select payment.amount_cents
            from public.payments payment
            join private.outbox command
                on command.org_id = payment.org_id
                and command.idempotency_key = format('payment:%s:capture', payment.id)
            where payment.currency = p_currency
                and payment.status = 'authorized'
            union all
            select refund.amount_cents
            from public.refunds refund
            where refund.currency = p_currency
                and refund.status in ('pending', 'requires_action')
            union all
            select payout.amount_cents
            from public.payouts payout
            where payout.currency = p_currency
                and payout.status in ('sending', 'unknown')
            union all
            select payout.amount_cents
            from private.outbox command
            join public.payouts payout
                on payout.org_id = command.org_id
                and payout.id = (command.payload ->> 'payout_id')::uuid
            where command.topic = 'reverse_transfer'
                and command.processed_at is null
                and payout.currency = p_currency
        ) moving
    );
end;
$$;
