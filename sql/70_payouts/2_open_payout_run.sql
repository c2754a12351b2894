-- Makes the run of a payday, or finds the one that was made: a second start resumes, and two at once get the same run.
-- Making it releases the earnings that are due and creates all payouts in one transaction. Instant runs repeat within a day,
-- each once the one before is completed. A plan made for one payment would be quadratic for a whole organization, so
-- every statement is planned for what it gets.
-- Definer: the jobs have no access to the tables.
create function private.open_payout_run(p_org_id uuid, p_schedule public.payout_schedule, p_period_on date)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
    set plan_cache_mode = force_custom_plan
    set work_mem = '64MB'
as $$
declare
    latest public.payout_runs;
    run public.payout_runs;
begin
    select * into latest
    from public.payout_runs
    where org_id = p_org_id
        and schedule = p_schedule
        and period_on = p_period_on
    order by sequence desc
    limit 1;
    if latest.status = 'open' or (found and p_schedule <> 'instant') then
        return latest.id;
    end if;
    perform private.check_payday(p_schedule, p_period_on, p_org_id);

    insert into public.payout_runs (org_id, schedule, period_on, sequence, cutoff_at, heartbeat_at)
    values (
        p_org_id, p_schedule, p_period_on, coalesce(latest.sequence, 0) + 1,
        private.payout_cutoff(p_org_id, p_period_on), private.clock()
    )
    on conflict (org_id, schedule, period_on, sequence) do nothing
    returning * into run;

    if run.id is null then
        return private.open_payout_run(p_org_id, p_schedule, p_period_on);
    end if;
    perform private.release_earnings(p_org_id, run.cutoff_at);
    perform private.create_payouts(run);
    return run.id;
end;
$$;
