create view private.payouts_are_posted_once
    with (security_invoker = true)
as
select jsonb_build_object('payout_id', payout.id, 'status', payout.status) as detail
from public.payouts payout
where (payout.status in ('paid', 'reversed')) <> exists (
    select
    from private.ledger_transactions posted
    where posted.org_id = payout.org_id
        and posted.idempotency_key = format('payout:%s:paid', payout.id)
);

comment on view private.payouts_are_posted_once is
    'A payout is posted if its transfer was made, and only then.';
