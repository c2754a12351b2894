create view private.payout_items_are_their_earnings
    with (security_invoker = true)
as
select jsonb_build_object('payout_id', item.payout_id, 'earning_id', item.earning_id) as detail
from public.payout_items item
join public.earnings earning on earning.org_id = item.org_id and earning.id = item.earning_id
join public.payouts payout on payout.org_id = item.org_id and payout.id = item.payout_id
where item.amount_cents <> earning.amount_cents
    or (payout.status <> 'cancelled' and earning.payout_id is distinct from item.payout_id);

comment on view private.payout_items_are_their_earnings is
    'An item of a payout has the amount of its earning, which names the payout.';
