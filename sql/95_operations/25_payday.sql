-- Returns the payout runs that are due, for the payout job, or refuses while an invariant is violated: what was paid out by mistake
-- may be impossible to get back.
-- Definer: the job has no access to the tables.
create function private.require_due_payout_runs(p_date date, p_org_id uuid)
    returns table (org_id uuid, org_name text, schedule public.payout_schedule, period_on date)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    select due.org_id, due.org_name, due.schedule, due.period_on
    from private.due_payout_runs(p_date, p_org_id) due;

    if exists (select from private.check_invariants()) then
        perform private.refuse(
            'PT409', 'invariants_are_broken',
            'Payouts are stopped because an invariant is violated.',
            'List the violations with python -m jobs doctor or the saved query invariants, and correct them first.'
        );
    end if;
end;
$$;
