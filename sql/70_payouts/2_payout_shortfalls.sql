-- What is missing at Stripe to pay a run, by currency; no row when the balance covers it. p_available is Stripe's list of
-- {"amount", "currency"}. Definer: the jobs have no access to the tables.
create function private.payout_shortfalls(p_run_id uuid, p_available jsonb)
    returns table (currency text, needed_cents bigint, available_cents bigint, shortfall_cents bigint)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select needed.currency, needed.cents, covered.cents, needed.cents - covered.cents
    from (
        select payout.currency, sum(payout.amount_cents)::bigint as cents
        from public.payouts payout
        where payout.run_id = p_run_id
            and payout.status in ('pending', 'failed')
        group by payout.currency
    ) needed
    cross join lateral (
        select coalesce(sum(fund.amount), 0)::bigint as cents
        from jsonb_to_recordset(p_available) fund (amount bigint, currency text)
        where fund.currency = needed.currency
    ) covered
    where covered.cents < needed.cents
    order by needed.currency;
$$;
