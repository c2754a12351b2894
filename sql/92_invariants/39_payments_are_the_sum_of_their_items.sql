create view private.payments_are_the_sum_of_their_items
    with (security_invoker = true)
as
select jsonb_build_object('payment_id', payment.id, 'amount_cents', payment.amount_cents) as detail
from public.payments payment
left join public.payment_items part on part.org_id = payment.org_id and part.payment_id = payment.id
group by payment.org_id, payment.id
having (payment.share_cents, payment.fee_cents, payment.discount_cents, payment.amount_cents) is distinct from (
    sum(part.share_cents)::bigint, sum(part.fee_cents)::bigint, sum(part.discount_cents)::bigint, sum(part.amount_cents)::bigint
);

comment on view private.payments_are_the_sum_of_their_items is
    'What a payment asks for is what it pays of each item.';
