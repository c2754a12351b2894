-- What must always be true of earnings and payouts, and of the ledger about them: one row a violation.
create function private.violations_of_payouts()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return query
    select 'ended_bookings_are_earned', jsonb_build_object(
        'booking_id', booking.id, 'expected_cents', private.earned_share_cents(booking), 'earned_cents', earned.cents
    )
    from public.bookings booking
    cross join lateral (
        select coalesce(sum(earning.amount_cents), 0) as cents
        from public.earnings earning
        where earning.booking_id = booking.id
    ) earned
    where booking.status in ('completed', 'no_show', 'cancelled')
        and not booking.is_rescheduled
        and earned.cents <> private.earned_share_cents(booking)
        and not exists (
            select
            from public.payments payment
            where payment.booking_id = booking.id
                and payment.is_accepted
                and payment.status = 'cancelled'
        )

    union all
    select 'payouts_are_sums_of_their_items', jsonb_build_object('payout_id', payout.id, 'amount_cents', payout.amount_cents)
    from public.payouts payout
    left join public.payout_items item on item.payout_id = payout.id
    group by payout.org_id, payout.id
    having payout.amount_cents <> coalesce(sum(item.amount_cents), 0)

    union all
    select 'payout_items_are_their_earnings', jsonb_build_object('payout_id', item.payout_id, 'earning_id', item.earning_id)
    from public.payout_items item
    join public.earnings earning on earning.id = item.earning_id
    join public.payouts payout on payout.id = item.payout_id
    where item.amount_cents <> earning.amount_cents
        or (payout.status <> 'cancelled' and earning.payout_id is distinct from item.payout_id)

    union all
    select 'earnings_are_paid_by_their_payouts', jsonb_build_object('earning_id', earning.id, 'payout_id', earning.payout_id)
    from public.earnings earning
    join public.payouts payout on payout.id = earning.payout_id
    where (earning.status = 'paid') <> (payout.status in ('paid', 'reversed'))
        or not exists (
            select
            from public.payout_items item
            where item.payout_id = payout.id
                and item.earning_id = earning.id
        )

    union all
    select 'payouts_are_posted_once', jsonb_build_object('payout_id', payout.id, 'status', payout.status)
    from public.payouts payout
    where (payout.status in ('paid', 'reversed')) <> exists (
        select
        from private.ledger_transactions booked
        where booked.idempotency_key = format('payout:%s:paid', payout.id)
    )

    union all
    select 'reversals_are_posted', jsonb_build_object('payout_id', payout.id, 'reversed_cents', payout.reversed_cents)
    from public.payouts payout
    left join private.ledger_transactions booked
        on booked.source_type = 'payout'
        and booked.source_id = payout.id
        and booked.kind = 'payout_reversed'
    left join private.ledger_entries entry on entry.transaction_id = booked.id and entry.amount_cents > 0
    group by payout.org_id, payout.id
    having payout.reversed_cents <> coalesce(sum(entry.amount_cents), 0)

    union all
    select 'earnings_agree_with_the_ledger', jsonb_build_object(
        'payee_id', owed.payee_id, 'currency', owed.currency, 'earnings_cents', owed.amount_cents, 'ledger_cents', owed.ledger_cents
    )
    from (
        select
            coalesce(payable.owner_id, open_earning.payee_id) as payee_id,
            coalesce(payable.currency, open_earning.currency) as currency,
            coalesce(open_earning.amount_cents, 0) as amount_cents,
            -coalesce(payable.balance_cents, 0) as ledger_cents
        from (select * from private.ledger_accounts where kind = 'payee_payable') payable
        full join (
            select earning.payee_id, earning.currency, sum(earning.amount_cents)::bigint as amount_cents
            from public.earnings earning
            where earning.status = 'available'
                and earning.payout_id is null
            group by earning.payee_id, earning.currency
        ) open_earning on open_earning.payee_id = payable.owner_id and open_earning.currency = payable.currency
    ) owed
    where owed.amount_cents <> owed.ledger_cents

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
