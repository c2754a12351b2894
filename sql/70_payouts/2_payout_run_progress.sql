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
