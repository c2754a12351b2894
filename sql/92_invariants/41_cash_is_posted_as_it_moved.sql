create view private.cash_is_posted_as_it_moved
    with (security_invoker = true)
as
with posted as (
    select posted.org_id, posted.source_id, posted.kind, sum(entry.amount_cents)::bigint as cents
    from private.ledger_transactions posted
    join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
    join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
    where posted.kind in ('payment_succeeded', 'refund_succeeded')
        and account.kind in ('stripe_balance', 'platform_bank')
    group by posted.org_id, posted.id
)

select jsonb_build_object('payment_id', payment.id, 'captured_cents', payment.captured_cents, 'ledger_cents', posted.cents) as detail
from posted
join public.payments payment on payment.org_id = posted.org_id and payment.id = posted.source_id
where posted.kind = 'payment_succeeded'
    and posted.cents <> payment.captured_cents
union all
select jsonb_build_object('refund_id', refund.id, 'amount_cents', refund.amount_cents, 'ledger_cents', posted.cents) as detail
from posted
join public.refunds refund on refund.org_id = posted.org_id and refund.id = posted.source_id
where posted.kind = 'refund_succeeded'
    and posted.cents <> -refund.amount_cents;

comment on view private.cash_is_posted_as_it_moved is
    'What a payment''s success posted to Stripe''s balance is what was captured, and what a refund posted is its amount.';
