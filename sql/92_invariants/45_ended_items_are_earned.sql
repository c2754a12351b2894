create view private.ended_items_are_earned
    with (security_invoker = true)
as
select jsonb_build_object(
    'item_id', item.id, 'expected_cents', books.share_cents, 'earned_cents', earned.cents
) as detail
from public.order_items item
cross join lateral private.item_books(item) books
cross join lateral (
    select coalesce(sum(earning.amount_cents), 0) as cents
    from public.earnings earning
    where earning.org_id = item.org_id
        and earning.item_id = item.id
) earned
where earned.cents <> case when item.ending is null then 0 else books.share_cents end;

comment on view private.ended_items_are_earned is
    'The instructor has earned of an item that has ended what the table of entitlements says, and of others nothing.';
