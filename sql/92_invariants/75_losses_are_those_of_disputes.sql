create view private.losses_are_those_of_disputes
    with (security_invoker = true)
as
with lost as (
    select part.org_id, part.item_id, sum(part.amount_cents)::bigint as cents
    from private.return_items part
    where part.kind = 'lost'
    group by part.org_id, part.item_id
)

select jsonb_build_object('item_id', item.id, 'lost_cents', item.lost_cents, 'allocated_cents', lost.cents) as detail
from public.order_items item
left join lost on lost.org_id = item.org_id and lost.item_id = item.id
where item.lost_cents <> case when item.is_paid_outside then 0 else coalesce(lost.cents, 0) end
union all
select jsonb_build_object('dispute_id', dispute.id, 'lost_cents', dispute.lost_cents) as detail
from public.disputes dispute
where private.allocated_loss_cents(dispute) > dispute.lost_cents;

comment on view private.losses_are_those_of_disputes is
    'What an item has lost is what disputes were allocated of it, and no dispute is allocated more than it has cost.';
