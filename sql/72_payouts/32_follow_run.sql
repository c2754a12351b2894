-- Counts the payouts of a run by what can happen to them now: claimable are those that claim_payout would give out, leased those
-- that another worker still holds. Definer: the job has no access to the tables.
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

-- Completes a run once nothing is left to send, and returns its result. A run is settled when it is completed and none of its
-- payouts is held or waits again. Definer: the jobs have no access to the tables.
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
        run.status = 'completed'
            and count(payout.id) filter (where payout.status not in ('paid', 'reversed', 'cancelled')) = 0,
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
