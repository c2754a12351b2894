create view private.payments_are_posted_once
    with (security_invoker = true)
as
select jsonb_build_object('payment_id', payment.id) as detail
from public.payments payment
where (payment.status = 'succeeded') <> exists (
    select
    from private.ledger_transactions posted
    where posted.org_id = payment.org_id
        and posted.idempotency_key = format('payment:%s:succeeded', payment.id)
);

comment on view private.payments_are_posted_once is
    'A payment is posted to the ledger if it succeeded, and only then.';
