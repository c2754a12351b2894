-- The dead-man switch: paydays that somebody should have been paid on and that no run has completed half a day later, and
-- runs that nobody has worked on for an hour. Definer: the jobs have no access to the tables.
create function private.overdue_paydays()
    returns table (org_id uuid, org_name text, schedule public.payout_schedule, period_on date, heartbeat_at timestamptz)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select due.org_id, due.org_name, due.schedule, due.period_on, run.heartbeat_at
    from private.due_payout_runs(null, null) due
    join public.organizations organization on organization.id = due.org_id
    left join public.payout_runs run
        on run.org_id = due.org_id
        and run.schedule = due.schedule
        and run.period_on = due.period_on
        and run.status = 'open'
    where private.clock() > (due.period_on::timestamp at time zone organization.time_zone) + interval '12 hours'
        and coalesce(run.heartbeat_at < private.clock() - interval '1 hour', true)
        and (
            run.id is not null
            or exists (
                select
                from private.decide_payouts(
                    due.org_id, due.schedule, private.payout_cutoff(due.org_id, due.period_on)
                ) decision
                where decision.outcome = 'payout'
            )
        );
$$;
