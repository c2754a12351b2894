-- What the latest payday of each organization decided for everybody with a balance, and why.
select
    organization.name as organization,
    run.period_on,
    run.status::text as run_status,
    coalesce(instructor.display_name, organization.name) as payee,
    result.currency,
    result.amount_cents,
    result.outcome::text,
    result.reason,
    payout.status::text as payout_status,
    payout.stripe_transfer_id
from public.payout_runs run
join public.organizations organization on organization.id = run.org_id
join public.payout_run_results result on result.run_id = run.id
left join public.instructors instructor on instructor.id = result.instructor_id
left join public.payouts payout on payout.id = result.payout_id
where run.period_on = (
    select max(latest.period_on)
    from public.payout_runs latest
    where latest.org_id = run.org_id
)
order by organization.name asc, result.outcome asc, result.amount_cents desc;
