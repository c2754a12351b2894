-- Returns the payout runs that are due, for the jobs to carry out or to preview, unless the books are wrong: what was paid by
-- wrong books cannot be taken back for certain, so nobody is paid while an invariant is broken.
-- Definer: the jobs have no access to the tables.
create function private.require_due_payout_runs(p_date date, p_org_id uuid)
    returns table (org_id uuid, org_name text, schedule public.payout_schedule, period_on date)
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
begin
    return query
    select due.org_id, due.org_name, due.schedule, due.period_on
    from private.due_payout_runs(p_date, p_org_id) due;

    if exists (select from private.check_invariants()) then
        perform private.refuse(
            'PT409', 'invariants_are_broken',
            'Nobody is paid while an invariant of the books is broken.',
            'Look at the rows with the saved query invariants, and correct the books first.'
        );
    end if;
end;
$$;
