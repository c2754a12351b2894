set lock_timeout = '3s';

create or replace view public.transactions
    with (security_invoker = true)
as
with paid_outside as (
    select
        paid.id,
        paid.amount_cents,
        paid.currency,
        paid.instructor_id,
        paid.method,
        paid.created_at,
        paid.updated_at,
        item.fee_cents,
        item.share_cents,
        item.booking_id,
        paid.amount_cents - item.total_cents
        + case
            when item.ending in ('fault', 'withdrawn') then item.total_cents
            when item.ending = 'cancelled' then least(item.owed_cents, item.total_cents)
            else 0
        end as returned_cents
    from public.outside_payments paid
    join public.order_items item on item.org_id = paid.org_id and item.id = paid.item_id
)

select
    payment.id,
    'session_payment' as kind,
    case
        when payment.status = 'succeeded' and payment.refunded_cents >= payment.captured_cents then 'refunded'
        when payment.status = 'succeeded' then 'completed'
        when payment.status = 'cancelled' then 'failed'
        else 'pending'
    end as status,
    payment.amount_cents,
    payment.currency,
    payment.fee_cents as platform_fee_cents,
    payment.share_cents as coach_payout_cents,
    payment.refunded_cents,
    array(
        select part.booking_id
        from public.payment_items part
        where part.org_id = payment.org_id
            and part.payment_id = payment.id
            and part.booking_id is not null
        order by part.booking_id
    ) as booking_ids,
    null::uuid as invoice_id,
    payment.payer_id,
    payment.instructor_id as coach_id,
    payment.stripe_payment_intent_id,
    array(
        select payout.stripe_transfer_id
        from public.payment_items part
        join public.earnings earning on earning.org_id = part.org_id and earning.item_id = part.item_id
        join public.payouts payout on payout.org_id = earning.org_id and payout.id = earning.payout_id
        where part.org_id = payment.org_id
            and part.payment_id = payment.id
            and payout.stripe_transfer_id is not null
        union
        select payout.stripe_transfer_id
        from public.earnings earning
        join public.payouts payout on payout.org_id = earning.org_id and payout.id = earning.payout_id
        where earning.org_id = payment.org_id
            and earning.payment_id = payment.id
            and payout.stripe_transfer_id is not null
        order by stripe_transfer_id
    ) as stripe_transfer_ids,
    payment.metadata,
    payment.created_at,
    payment.updated_at
from public.payments payment
union all
select
    paid.id,
    'session_payment' as kind,
    case when paid.returned_cents >= paid.amount_cents then 'refunded' else 'completed' end as status,
    paid.amount_cents,
    paid.currency,
    paid.fee_cents as platform_fee_cents,
    paid.share_cents as coach_payout_cents,
    paid.returned_cents as refunded_cents,
    array[paid.booking_id] as booking_ids,
    null as invoice_id,
    null as payer_id,
    paid.instructor_id as coach_id,
    null as stripe_payment_intent_id,
    '{}' as stripe_transfer_ids,
    jsonb_build_object('paid_outside', paid.method) as metadata,
    paid.created_at,
    paid.updated_at
from paid_outside paid
union all
select
    paid.id,
    'subscription_payment' as kind,
    case
        when paid.status = 'paid' and paid.refunded_cents >= paid.amount_paid_cents then 'refunded'
        when paid.status = 'paid' then 'completed'
        when paid.status = 'canceled' then 'failed'
        else 'pending'
    end as status,
    case when paid.status = 'paid' then paid.amount_paid_cents else paid.amount_requested_cents end as amount_cents,
    paid.currency,
    case when paid.status = 'paid' then paid.amount_paid_cents else paid.amount_requested_cents end as platform_fee_cents,
    0 as coach_payout_cents,
    paid.refunded_cents,
    '{}' as booking_ids,
    paid.invoice_id,
    paid.user_id as payer_id,
    null as coach_id,
    paid.stripe_payment_intent_id,
    '{}' as stripe_transfer_ids,
    '{}' as metadata,
    paid.created_at,
    paid.updated_at
from public.invoice_payments paid;

comment on column public.transactions.stripe_transfer_ids is
    'The transfers that paid the coach for it, of hours those for the lessons that used them; only those who may read the payouts see them.';
