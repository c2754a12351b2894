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
