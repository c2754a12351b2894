-- Makes the run of a payday, or finds the one that was made: a second start resumes, and two at once get the same run.
-- Making it releases the earnings that are due and creates all payouts in one transaction.
-- Definer: the jobs have no access to the tables.
create function private.open_payout_run(p_org_id uuid, p_period_on date)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    run public.payout_runs;
begin
    perform private.check_payday(p_period_on, p_org_id);

    insert into public.payout_runs (org_id, schedule, period_on, cutoff_at, heartbeat_at)
    values (
        p_org_id, 'weekly', p_period_on,
        private.payout_cutoff(p_org_id, p_period_on), private.clock()
    )
    on conflict (org_id, schedule, period_on) do nothing
    returning * into run;

    if run.id is not null then
        perform private.release_earnings(p_org_id, run.cutoff_at);
        perform private.create_payouts(run);
        return run.id;
    end if;

    select existing.id into strict run.id
    from public.payout_runs existing
    where existing.org_id = p_org_id
        and existing.schedule = 'weekly'
        and existing.period_on = p_period_on;
    return run.id;
end;
$$;
