create view public.instructor_balances
    with (security_invoker = true)
as
select
    earning.org_id,
    earning.instructor_id,
    earning.currency,
    coalesce(sum(earning.amount_cents) filter (where earning.reversed_payout_id is null), 0)::bigint as total_cents,
    coalesce(sum(earning.amount_cents) filter (where earning.status in ('pending', 'frozen')), 0)::bigint as pending_cents,
    coalesce(
        sum(earning.amount_cents) filter (where earning.status = 'available' and earning.payout_id is null), 0
    )::bigint as available_cents,
    coalesce(
        sum(earning.amount_cents) filter (where earning.status = 'available' and earning.payout_id is not null), 0
    )::bigint as in_transit_cents,
    (
        coalesce(sum(earning.amount_cents) filter (where earning.status = 'paid'), 0)
        - coalesce(sum(earning.amount_cents) filter (where earning.reversed_payout_id is not null), 0)
    )::bigint as paid_cents
from public.earnings earning
group by earning.org_id, earning.instructor_id, earning.currency;

comment on view public.instructor_balances is
    'What an instructor earned, in the minor unit: total = pending (within the hold) + available (next payday) + in transit + paid; '
    'paid leaves out what came back.';
