-- Gives a worker one payout of a run to send, committed as sending with everything frozen before Stripe is called. A try
-- whose worker died, and one whose outcome is unknown, come back with the same key, to be looked up first. A new try, with
-- a new key, follows only a definitive refusal. What failed in this invocation waits for the next. A payee whose account is
-- not ready any more is held instead. Every row is found by its key: a plan made while a table was empty, and kept, would
-- otherwise read all of it for each payout of a long run.
-- Definer: the jobs have no access to the tables.
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
    set search_path = ''
    set enable_seqscan = off
as $$
declare
    payout public.payouts;
    last_try private.payout_attempts;
    this_try private.payout_attempts;
    account public.stripe_connect_accounts;
begin
    loop
        payout := private.lock_claimable_payout(p_run_id, p_started_at);
        if payout.id is null then
            return;
        end if;

        select * into last_try
        from private.payout_attempts made
        where made.payout_id = payout.id
        order by made.attempt desc
        limit 1;
        select * into strict account from public.stripe_connect_accounts where id = payout.connect_account_id;

        exit when account.status = 'ready' or last_try.status in ('sending', 'unknown');
        perform private.hold_payout(payout, 'account_not_ready', 'The Stripe account cannot receive transfers now.');
    end loop;

    update public.payouts set status = 'pending' where id = payout.id and status in ('failed', 'unknown');
    update public.payouts
    set status = 'sending',
        last_tried_at = private.clock(),
        leased_until = private.clock() + p_lease
    where id = payout.id;

    insert into private.payout_attempts as made (
        payout_id, attempt, idempotency_key, amount_cents, currency, destination, worker_id, started_at
    )
    select
        payout.id,
        next_try.attempt,
        format('payout:%s:%s', payout.id, next_try.attempt),
        payout.amount_cents,
        payout.currency,
        account.stripe_account_id,
        p_worker_id,
        private.clock()
    from (
        select coalesce(last_try.attempt, 0) + (last_try.status is null or last_try.status = 'refused')::integer as attempt
    ) next_try
    on conflict on constraint payout_attempts_pkey do update
        set status = 'sending',
            worker_id = excluded.worker_id,
            started_at = excluded.started_at,
            finished_at = null
    returning made.* into this_try;

    update public.payout_runs
    set heartbeat_at = private.clock()
    where id = p_run_id
        and heartbeat_at < private.clock() - interval '10 seconds';

    return query
    select
        this_try.payout_id,
        this_try.attempt,
        this_try.idempotency_key,
        this_try.amount_cents,
        this_try.currency,
        this_try.destination,
        payout.id::text,
        jsonb_build_object('payout_id', payout.id, 'attempt', this_try.attempt, 'org_id', payout.org_id),
        last_try.payout_id is not null;
end;
$$;

-- The next payout of a run that may be sent now, locked: one whose worker's lease has run out, else one that waits, or whose
-- last try failed or is in doubt since before this invocation began. Each look is a step into a partial index.
create function private.lock_claimable_payout(p_run_id uuid, p_started_at timestamptz)
    returns public.payouts
    language plpgsql
    volatile
    security invoker
    set search_path = ''
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
