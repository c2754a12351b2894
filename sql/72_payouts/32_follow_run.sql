-- How far a run is: what can be claimed now, and what other workers still hold. Definer: the jobs have no access to the tables.
create function private.payout_run_progress(p_run_id uuid, p_started_at timestamptz)
    returns table (total bigint, paid bigint, claimable bigint, leased bigint, failed bigint, held bigint)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select
        count(*),
        count(*) filter (where payout.status in ('paid', 'reversed')),
        count(*) filter (
            where (payout.status = 'sending' and payout.leased_until <= private.clock())
            or (
                payout.status in ('pending', 'failed', 'unknown')
                and coalesce(payout.last_tried_at < p_started_at, true)
            )
        ),
        count(*) filter (where payout.status = 'sending' and payout.leased_until > private.clock()),
        count(*) filter (where payout.status in ('failed', 'unknown')),
        count(*) filter (where payout.status = 'held')
    from public.payouts payout
    where payout.run_id = p_run_id;
$$;

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

-- Completes a run once nothing is left to send, and says how it went. Definer: the jobs have no access to the tables.
create function private.close_payout_run(p_run_id uuid)
    returns table (
        is_completed boolean,
        total bigint,
        paid bigint,
        held bigint,
        failed bigint,
        unknown bigint,
        amount_paid_cents bigint
    )
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    update public.payout_runs
    set status = 'completed',
        completed_at = private.clock(),
        heartbeat_at = private.clock()
    where id = p_run_id
        and status = 'open'
        and not exists (
            select
            from public.payouts payout
            where payout.run_id = p_run_id
                and payout.status in ('pending', 'sending', 'failed', 'unknown')
        );

    return query
    select
        run.status = 'completed',
        count(payout.id),
        count(payout.id) filter (where payout.status in ('paid', 'reversed')),
        count(payout.id) filter (where payout.status = 'held'),
        count(payout.id) filter (where payout.status in ('pending', 'sending', 'failed')),
        count(payout.id) filter (where payout.status = 'unknown'),
        coalesce(sum(payout.amount_cents) filter (where payout.status in ('paid', 'reversed')), 0)::bigint
    from public.payout_runs run
    left join public.payouts payout on payout.run_id = run.id
    where run.id = p_run_id
    group by run.org_id, run.id;
end;
$$;
