-- Earnings: a booking that has ended earned what its instructor keeps of it, and for each instructor and payee what the ledger owes
-- is what their earnings say.
create function private.violations_of_earnings()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'ended_items_are_earned', jsonb_build_object(
        'item_id', item.id, 'expected_cents', books.share_cents, 'earned_cents', earned.cents
    )
    from public.order_items item
    cross join lateral private.item_books(item) books
    cross join lateral (
        select coalesce(sum(earning.amount_cents), 0) as cents
        from public.earnings earning
        where earning.org_id = item.org_id
            and earning.item_id = item.id
    ) earned
    where earned.cents <> case when item.ending is null then 0 else books.share_cents end

    union all
    select 'ended_bookings_have_ended_items', jsonb_build_object('booking_id', booking.id, 'status', booking.status)
    from public.bookings booking
    join public.order_items item on item.org_id = booking.org_id and item.booking_id = booking.id
    where item.is_paid
        and case
            when item.ending is null then booking.status not in ('proposed', 'held', 'requested', 'confirmed', 'in_progress')
            else booking.status in ('confirmed', 'in_progress')
        end

    union all
    select 'frozen_earnings_have_a_cause', jsonb_build_object('earning_id', earning.id)
    from public.earnings earning
    where earning.status = 'frozen'
        and not private.has_freezing_cause(earning)

    union all
    select 'pending_agrees_with_payments_and_earnings', jsonb_build_object(
        'instructor_id', owed.instructor_id, 'currency', owed.currency,
        'expected_cents', owed.amount_cents, 'ledger_cents', owed.ledger_cents
    )
    from (
        select
            coalesce(account.owner_id, expected.instructor_id) as instructor_id,
            coalesce(account.currency, expected.currency) as currency,
            coalesce(expected.amount_cents, 0) as amount_cents,
            -coalesce(account.balance_cents, 0) as ledger_cents
        from (select * from private.ledger_accounts where kind = 'instructor_pending') account
        full join (
            select part.instructor_id, part.currency, sum(part.amount_cents)::bigint as amount_cents
            from (
                select item.instructor_id, item.currency, books.share_cents as amount_cents
                from public.order_items item
                cross join lateral private.item_books(item) books
                union all
                select entry.instructor_id, lot.currency, least(entry.share_cents, private.entry_cents(entry))
                from public.credit_entries entry
                join public.learner_credits lot on lot.org_id = entry.org_id and lot.id = entry.credit_id
                where entry.kind = 'expire'
                union all
                select earning.instructor_id, earning.currency, -earning.amount_cents
                from public.earnings earning
                where earning.status in ('available', 'paid', 'closed')
                    and earning.reversed_payout_id is null
                    and earning.adopted_transfer_id is null
                    and earning.kind <> 'write_off'
            ) part
            group by part.instructor_id, part.currency
        ) expected on expected.instructor_id = account.owner_id and expected.currency = account.currency
    ) owed
    where owed.amount_cents <> owed.ledger_cents

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
    select 'earnings_are_paid_by_their_payouts', jsonb_build_object('earning_id', earning.id, 'payout_id', earning.payout_id)
    from public.earnings earning
    join public.payouts payout on payout.org_id = earning.org_id and payout.id = earning.payout_id
    where (earning.status = 'paid') <> (payout.status in ('paid', 'reversed'))
        or not exists (
            select
            from public.payout_items item
            where item.org_id = payout.org_id
                and item.payout_id = payout.id
                and item.earning_id = earning.id
        );
end;
$$;
