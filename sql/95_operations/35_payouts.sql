-- Payouts: each is the sum of its items, its items are its earnings, and what was sent, reversed, adopted or is in transit is
-- in the ledger.
create function private.violations_of_payouts()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'payouts_are_sums_of_their_items', jsonb_build_object('payout_id', payout.id, 'amount_cents', payout.amount_cents)
    from public.payouts payout
    left join public.payout_items item on item.org_id = payout.org_id and item.payout_id = payout.id
    group by payout.org_id, payout.id
    having payout.amount_cents <> coalesce(sum(item.amount_cents), 0)

    union all
    select 'payout_items_are_their_earnings', jsonb_build_object('payout_id', item.payout_id, 'earning_id', item.earning_id)
    from public.payout_items item
    join public.earnings earning on earning.org_id = item.org_id and earning.id = item.earning_id
    join public.payouts payout on payout.org_id = item.org_id and payout.id = item.payout_id
    where item.amount_cents <> earning.amount_cents
        or (payout.status <> 'cancelled' and earning.payout_id is distinct from item.payout_id)

    union all
    select 'payouts_are_posted_once', jsonb_build_object('payout_id', payout.id, 'status', payout.status)
    from public.payouts payout
    where (payout.status in ('paid', 'reversed')) <> exists (
        select
        from private.ledger_transactions posted
        where posted.org_id = payout.org_id
            and posted.idempotency_key = format('payout:%s:paid', payout.id)
    )

    union all
    select 'reversals_are_posted', jsonb_build_object('payout_id', payout.id, 'reversed_cents', payout.reversed_cents)
    from public.payouts payout
    left join private.ledger_transactions posted
        on posted.org_id = payout.org_id
        and posted.source_type = 'payout'
        and posted.source_id = payout.id
        and posted.kind = 'payout_reversed'
    left join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id and entry.amount_cents > 0
    group by payout.org_id, payout.id
    having payout.reversed_cents <> coalesce(sum(entry.amount_cents), 0)

    union all
    select 'adopted_transfers_are_posted', jsonb_build_object('stripe_transfer_id', adopted.stripe_transfer_id)
    from private.unbooked_transfers adopted
    left join private.ledger_transactions posted
        on posted.org_id = adopted.org_id
        and posted.source_type = 'transfer'
        and posted.source_id = adopted.id
    left join private.ledger_accounts account on account.org_id = posted.org_id and account.kind = 'stripe_balance'
    left join private.ledger_entries entry
        on entry.org_id = posted.org_id
        and entry.transaction_id = posted.id
        and entry.account_id = account.id
    group by adopted.org_id, adopted.id
    having coalesce(sum(entry.amount_cents), 0)
        <> case when adopted.adopted_at is null then 0 else adopted.reversed_cents - adopted.amount_cents end

    union all
    select 'transit_agrees_with_unsettled_payouts', jsonb_build_object(
        'payee_id', transit.payee_id, 'payouts_cents', transit.amount_cents, 'ledger_cents', transit.ledger_cents
    )
    from (
        select
            coalesce(account.owner_id, unsettled.payee_id) as payee_id,
            coalesce(unsettled.amount_cents, 0) as amount_cents,
            -coalesce(account.balance_cents, 0) as ledger_cents
        from (select * from private.ledger_accounts where kind = 'payout_in_transit') account
        full join (
            select payout.payee_id, payout.currency, sum(payout.amount_cents)::bigint as amount_cents
            from public.payouts payout
            where payout.status not in ('paid', 'reversed', 'cancelled')
            group by payout.payee_id, payout.currency
        ) unsettled on unsettled.payee_id = account.owner_id and unsettled.currency = account.currency
    ) transit
    where transit.amount_cents <> transit.ledger_cents;
end;
$$;
