-- May a payout be sent now? A waiting one, one whose worker's lease has run out, and one whose last try failed or is in
-- doubt since before this invocation began.
create function private.is_claimable(p_payout public.payouts, p_started_at timestamptz)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    last_try private.payout_attempts;
begin
    select * into last_try
    from private.payout_attempts made
    where made.payout_id = p_payout.id
    order by made.attempt desc
    limit 1;

    return case
        when p_payout.status = 'sending' then last_try.leased_until <= private.clock()
        when p_payout.status in ('pending', 'failed', 'unknown') then coalesce(last_try.started_at < p_started_at, true)
        else false
    end;
end;
$$;
