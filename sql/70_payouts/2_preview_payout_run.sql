-- What a run for this payday would decide now; changes nothing. Definer: the jobs have no access to the tables.
create function private.preview_payout_run(p_org_id uuid, p_schedule public.payout_schedule, p_period_on date)
    returns table (
        instructor_id uuid,
        display_name text,
        currency text,
        amount_cents bigint,
        outcome text,
        reason text
    )
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select
        decision.instructor_id,
        coalesce(instructor.display_name, organization.name),
        decision.currency,
        decision.amount_cents,
        decision.outcome::text,
        decision.reason
    from private.decide_payouts(
        p_org_id, p_schedule, private.payout_cutoff(p_org_id, p_period_on), '{pending,available}'
    ) decision
    join public.organizations organization on organization.id = p_org_id
    left join public.instructors instructor on instructor.id = decision.instructor_id
    order by 2, decision.currency;
$$;
