-- The dead-man switch: paydays that are half a day old, on which somebody could have been paid half a day ago, and that have
-- no run; and runs that are not completed and that nobody has worked on for an hour.
-- Definer: the jobs have no access to the tables.
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
    where case
        when run.id is not null then run.heartbeat_at < private.clock() - interval '1 hour'
        else (due.period_on::timestamp at time zone organization.time_zone) < private.clock() - interval '12 hours'
            and private.pays_somebody(
                due.org_id,
                due.schedule,
                least(private.payout_cutoff(due.org_id, due.period_on), private.clock() - interval '12 hours')
            )
    end;
$$;
