-- Gives a worker one payout of a run to send, and records the attempt, which must be committed before Stripe is called. An attempt
-- whose worker died or whose outcome is unknown is given out again under the same idempotency key, with must_look_up. Only after
-- Stripe has refused is there a new attempt with a new key; a payout that failed since p_started_at waits for the next invocation.
-- If the payee's account is no longer ready, or earnings in the payout are disputed by now, it is stopped instead. Sequential scans
-- are off, because a plan cached while the tables were empty would read all of them for each payout.
-- Definer: the job has no access to the tables.
create function private.claim_payout(
    p_run_id uuid,
    p_worker_id uuid,
    p_lease interval,
    p_started_at timestamptz
)
    returns table (
        payout_id uuid,
        attempt integer,
        idempotency_key text,
        amount_cents bigint,
        currency text,
        destination text,
        transfer_group text,
        metadata jsonb,
        must_look_up boolean
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set enable_seqscan = off
as $$
declare
    payout public.payouts;
    last_attempt private.payout_attempts;
    this_attempt private.payout_attempts;
    account public.stripe_connect_accounts;
begin
    loop
        payout := private.lock_claimable_payout(p_run_id, p_started_at);
        if payout.id is null then
            return;
        end if;

        select * into last_attempt
        from private.payout_attempts tried
        where tried.org_id = payout.org_id
            and tried.payout_id = payout.id
        order by tried.attempt desc
        limit 1;
        select * into strict account
        from public.stripe_connect_accounts
        where org_id = payout.org_id
            and id = payout.connect_account_id;

        exit when last_attempt.status in ('sending', 'unknown')
            or (account.status = 'ready' and not private.has_disputed_earnings(payout));
        if account.status <> 'ready' then
            perform private.hold_payout(payout, 'account_not_ready', 'The Stripe account cannot receive transfers at the moment.');
        else
            perform private.stop_disputed_payout(payout);
        end if;
    end loop;

    update public.payouts set status = 'pending' where id = payout.id and status in ('failed', 'unknown');
    update public.payouts
    set status = 'sending',
        last_tried_at = private.clock(),
        leased_until = private.clock() + p_lease
    where org_id = payout.org_id
        and id = payout.id;

    insert into private.payout_attempts as tried (
        org_id, payout_id, attempt, idempotency_key, amount_cents, currency, destination, worker_id, started_at
    )
    select
        payout.org_id,
        payout.id,
        next_attempt.attempt,
        format('payout:%s:%s', payout.id, next_attempt.attempt),
        payout.amount_cents,
        payout.currency,
        account.stripe_account_id,
        p_worker_id,
        private.clock()
    from (
        select coalesce(last_attempt.attempt, 0) + (last_attempt.status is null or last_attempt.status = 'refused')::integer as attempt
    ) next_attempt
    on conflict on constraint payout_attempts_pkey do update
        set status = 'sending',
            worker_id = excluded.worker_id,
            finished_at = null
    returning tried.* into this_attempt;

    update public.payout_runs
    set heartbeat_at = private.clock()
    where id = p_run_id
        and heartbeat_at < private.clock() - interval '10 seconds';

    return query
    select
        this_attempt.payout_id,
        this_attempt.attempt,
        this_attempt.idempotency_key,
        this_attempt.amount_cents,
        this_attempt.currency,
        this_attempt.destination,
        payout.id::text,
        jsonb_build_object('payout_id', payout.id, 'attempt', this_attempt.attempt, 'org_id', payout.org_id),
        last_attempt.payout_id is not null;
end;
$$;

-- The next payout of a run that may be sent now, locked: first one whose worker's lease has run out, else one that is pending, or
-- failed or unknown since before this invocation began. Both queries use the partial indexes on public.payouts.
create function private.lock_claimable_payout(p_run_id uuid, p_started_at timestamptz)
    returns public.payouts
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payout public.payouts;
begin
    select candidate.* into payout
    from public.payouts candidate
    where candidate.run_id = p_run_id
        and candidate.status = 'sending'
        and candidate.leased_until <= private.clock()
    order by candidate.leased_until
    limit 1
    for no key update skip locked;

    if not found then
        select candidate.* into payout
        from public.payouts candidate
        where candidate.run_id = p_run_id
            and candidate.status in ('pending', 'failed', 'unknown')
            and (candidate.last_tried_at is null or candidate.last_tried_at < p_started_at)
        order by candidate.last_tried_at nulls first, candidate.id
        limit 1
        for no key update skip locked;
    end if;
    return payout;
end;
$$;
