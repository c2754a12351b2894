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
    group by run.id;
end;
$$;
