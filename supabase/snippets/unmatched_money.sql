-- Money in suspense: it came to Stripe and matches no payment, or not its amount. Refund it in Stripe's Dashboard, and it leaves by
-- itself; or call admin_resolve_suspense(suspense_item_id, 'refunded_elsewhere' | 'written_off' | 'payment', 'why', payment_id).
-- A negative amount went back for hours without paying back whole minutes.
select
    item.created_at,
    item.id as suspense_item_id,
    item.stripe_payment_intent_id,
    item.payment_id,
    item.refund_id,
    item.currency,
    private.left_in_suspense(item) as left_cents
from private.suspense_items item
where private.left_in_suspense(item) <> 0
order by item.created_at desc;
