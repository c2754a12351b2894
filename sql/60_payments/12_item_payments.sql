-- Who asks what a payment has paid for, or what has paid for a lesson, asks here: refunds, disputes (62), requests (64), earnings (70).
create view private.item_payments
    with (security_invoker = true)
as
select
    part.org_id, part.item_id, part.payment_id, part.amount_cents as paid_cents, false as is_by_hours
from public.payment_items part
join public.order_items item on item.org_id = part.org_id and item.id = part.item_id and item.kind = 'booking'
union all
select
    item.org_id,
    item.id,
    bought.payment_id,
    sum(
        case entry.kind when 'reserve' then 1 when 'restore' then -1 when 'give_back' then -1 else 0 end
        * (entry.share_cents + entry.fee_cents - entry.discount_cents)
    )::bigint as paid_cents,
    true as is_by_hours
from public.order_items item
join public.credit_entries entry on entry.org_id = item.org_id and entry.booking_id = item.booking_id
join public.order_items lot on lot.org_id = entry.org_id and lot.credit_id = entry.credit_id
join public.payment_items bought on bought.org_id = lot.org_id and bought.item_id = lot.id
group by item.org_id, item.id, bought.payment_id;

comment on view private.item_payments is
    'Which payment pays how much of which lesson: by card, or by the prepaid hours that it has bought.';
