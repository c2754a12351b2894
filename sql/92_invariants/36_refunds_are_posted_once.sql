create view private.refunds_are_posted_once
    with (security_invoker = true)
as
select jsonb_build_object('refund_id', refund.id) as detail
from public.refunds refund
where (refund.status = 'succeeded') <> (
    exists (
        select
        from private.ledger_transactions posted
        where posted.org_id = refund.org_id
            and posted.idempotency_key = format('refund:%s:succeeded', refund.id)
    )
    and not exists (
        select
        from private.ledger_transactions posted
        where posted.org_id = refund.org_id
            and posted.idempotency_key = format('refund:%s:failed', refund.id)
    )
);

comment on view private.refunds_are_posted_once is
    'A refund is posted if it succeeded, and its reversal if it failed afterwards.';
