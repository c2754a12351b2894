-- Decides whether a run may be paid now, from Stripe's list of available {"amount", "currency"}; null: Stripe did not tell. A run
-- that is not covered in every currency is not paid at all, since paying a part of it would choose who waits. shortfalls lists
-- what is missing. Definer: the jobs have no access to the tables.
create function private.decide_payout_run(p_run_id uuid, p_available jsonb)
    returns table (is_payable boolean, shortfalls jsonb)
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
begin
    return query
    select
        p_available is not null and count(*) = 0,
        coalesce(jsonb_agg(to_jsonb(shortfall) order by shortfall.currency), '[]')
    from private.payout_shortfalls(p_run_id, p_available) shortfall
    where p_available is not null;
end;
$$;

-- What is missing at Stripe to pay a run, by currency; no row when the balance covers it. p_available is Stripe's list of
-- {"amount", "currency"}.
create function private.payout_shortfalls(p_run_id uuid, p_available jsonb)
    returns table (currency text, needed_cents bigint, available_cents bigint, shortfall_cents bigint)
    language sql
    stable
    security invoker
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
