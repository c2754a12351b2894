create view private.payouts_are_sums_of_their_items
    with (security_invoker = true)
as
select jsonb_build_object('payout_id', payout.id, 'amount_cents', payout.amount_cents) as detail
from public.payouts payout
left join public.payout_items item on item.org_id = payout.org_id and item.payout_id = payout.id
group by payout.org_id, payout.id
having payout.amount_cents <> coalesce(sum(item.amount_cents), 0);

comment on view private.payouts_are_sums_of_their_items is
    'A payout is the sum of its items.';
