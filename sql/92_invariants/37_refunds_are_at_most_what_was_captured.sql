create view private.refunds_are_at_most_what_was_captured
    with (security_invoker = true)
as
select jsonb_build_object('payment_id', payment.id) as detail
from public.payments payment
join public.refunds refund on refund.org_id = payment.org_id and refund.payment_id = payment.id
where payment.status = 'succeeded'
group by payment.org_id, payment.id
having payment.refunded_cents > payment.captured_cents
    or coalesce(sum(refund.amount_cents) filter (where refund.status = 'succeeded'), 0) <> payment.refunded_cents;

comment on view private.refunds_are_at_most_what_was_captured is
    'What a payment has refunded is the sum of its refunds, and no more than was captured.';
