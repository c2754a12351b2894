-- Decides whether a run may be sent now. p_available is the list of {"amount", "currency"} from Stripe's balance, or null if Stripe did
-- not answer. A run is sent only if the balance covers it in every currency, since sending a part would choose who has to wait, and
-- only if Stripe has made no transfer for the organization that the books lack, since the same might be paid again.
-- shortfalls lists what is missing, unbooked_transfers what the books lack. Definer: the job has no access to the tables.
create function private.decide_payout_run(p_run_id uuid, p_available jsonb)
    returns table (is_payable boolean, shortfalls jsonb, unbooked_transfers jsonb)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        p_available is not null and shortfall.list is null and unbooked.list is null,
        coalesce(shortfall.list, '[]'),
        coalesce(unbooked.list, '[]')
    from (
        select jsonb_agg(to_jsonb(missing) order by missing.currency) as list
        from private.payout_shortfalls(p_run_id, p_available) missing
        where p_available is not null
    ) shortfall
    cross join (
        select jsonb_agg(to_jsonb(made)) as list
        from public.payout_runs run
        cross join private.refusing_transfers(run.org_id) made
        where run.id = p_run_id
    ) unbooked;
end;
$$;

-- The currencies in which Stripe's balance does not cover a run, with what is missing; no row if it covers all of them.
create function private.payout_shortfalls(p_run_id uuid, p_available jsonb)
    returns table (currency text, needed_cents bigint, available_cents bigint, shortfall_cents bigint)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
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

-- Counts the payouts of a run by what can happen to them now: claimable are those that claim_payout would give out, leased those
-- that another worker still holds. Definer: the job has no access to the tables.
create function private.payout_run_progress(p_run_id uuid, p_started_at timestamptz)
    returns table (total bigint, paid bigint, claimable bigint, leased bigint, failed bigint, held bigint)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
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

-- Completes a run if nothing of it is left to send, and reports how it went. Held payouts do not keep a run open: releasing one reopens
-- it. is_settled: the run is completed and none of its payouts is held. Definer: the job has no access to the tables.
create function private.close_payout_run(p_run_id uuid)
    returns table (
        is_completed boolean,
        is_settled boolean,
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
    set search_path = '', pg_temp
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
        run.status = 'completed'
            and count(payout.id) filter (where payout.status not in ('paid', 'reversed', 'cancelled')) = 0,
        count(payout.id),
        count(payout.id) filter (where payout.status in ('paid', 'reversed')),
        count(payout.id) filter (where payout.status = 'held'),
        count(payout.id) filter (where payout.status in ('pending', 'sending', 'failed')),
        count(payout.id) filter (where payout.status = 'unknown'),
        coalesce(sum(payout.amount_cents) filter (where payout.status in ('paid', 'reversed')), 0)::bigint
    from public.payout_runs run
    left join public.payouts payout on payout.org_id = run.org_id and payout.run_id = run.id
    where run.id = p_run_id
    group by run.org_id, run.id;
end;
$$;
