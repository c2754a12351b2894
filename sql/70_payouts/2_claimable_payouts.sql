-- The payouts of a run that may be sent now: waiting ones, those whose worker's lease has run out, and those whose last try
-- failed or is in doubt since before this invocation began.
create function private.claimable_payouts(p_run_id uuid, p_started_at timestamptz)
    returns table (payout_id uuid)
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select payout.id
    from public.payouts payout
    left join lateral (
        select made.leased_until, made.started_at
        from private.payout_attempts made
        where made.payout_id = payout.id
        order by made.attempt desc
        limit 1
    ) last_try on true
    where payout.run_id = p_run_id
        and (
            (payout.status = 'sending' and last_try.leased_until <= private.clock())
            or (
                payout.status in ('pending', 'failed', 'unknown')
                and coalesce(last_try.started_at < p_started_at, true)
            )
        );
$$;
