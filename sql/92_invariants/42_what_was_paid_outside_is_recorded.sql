create view private.what_was_paid_outside_is_recorded
    with (security_invoker = true)
as
select jsonb_build_object('item_id', item.id, 'total_cents', item.total_cents, 'recorded_cents', paid.amount_cents) as detail
from public.order_items item
left join public.outside_payments paid on paid.org_id = item.org_id and paid.item_id = item.id
where item.is_paid_outside <> (paid.id is not null)
    or (item.is_paid_outside and paid.amount_cents < item.total_cents);

comment on view private.what_was_paid_outside_is_recorded is
    'A lesson counts as paid outside if that is recorded, with at least its price: what a cheaper time leaves over its instructor gives back.';
