create view private.what_is_due_is_being_refunded
    with (security_invoker = true)
as
with due as (
    select
        item.org_id,
        item.id as item_id,
        private.owed_cents(item) + private.excess_due_cents(item)
        - private.waiting_refund_cents(item.id, private.makes_whole(item.ending)) - private.waiting_excess_cents(item.id) as cents
    from public.order_items item
)

select jsonb_build_object('item_id', due.item_id, 'due_cents', due.cents) as detail
from due
where due.cents > 0
    and not exists (
        select
        from public.payment_items part
        join public.payments payment on payment.org_id = part.org_id and payment.id = part.payment_id
        where part.org_id = due.org_id
            and part.item_id = due.item_id
            and payment.is_disputed
    )
    -- A refund that failed waits for an admin; one that Stripe's Dashboard has begun goes to what is due once it succeeds.
    and not exists (
        select
        from public.payment_items part
        join public.refunds refund on refund.org_id = part.org_id and refund.payment_id = part.payment_id
        where part.org_id = due.org_id
            and part.item_id = due.item_id
            and refund.status in ('pending', 'requires_action', 'failed', 'cancelled')
    );

comment on view private.what_is_due_is_being_refunded is
    'What an ending owes to the payer is being refunded, unless a dispute or a failed refund stops it.';
