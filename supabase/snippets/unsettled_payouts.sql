-- Payouts that are neither paid nor cancelled, with their last try. `unknown` may have been paid:
-- the next `python -m jobs payouts` looks at Stripe before it sends anything again.
select
    payout.payout_date,
    coalesce(instructor.display_name, organization.name) as payee,
    payout.currency,
    payout.amount_cents,
    payout.status::text,
    payout.failure_code,
    payout.failure_message,
    last_try.attempt,
    last_try.status::text as attempt_status,
    last_try.started_at,
    payout.id as payout_id
from public.payouts payout
join public.organizations organization on organization.id = payout.org_id
left join public.instructors instructor on instructor.id = payout.instructor_id
left join lateral (
    select made.attempt, made.status, made.started_at
    from private.payout_attempts made
    where made.payout_id = payout.id
    order by made.attempt desc
    limit 1
) last_try on true
where payout.status not in ('paid', 'cancelled', 'reversed')
order by payout.payout_date, payee;
