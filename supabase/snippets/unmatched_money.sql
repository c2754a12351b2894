-- Money in suspense: it came to Stripe and matches no payment, or not its amount. Find the intent in
-- Stripe's Dashboard by the key, then refund it there.
select
    booked.effective_at,
    booked.idempotency_key,
    booked.source_id as payment_id,
    entry.currency,
    -entry.amount_cents as amount_cents
from private.ledger_entries entry
join private.ledger_accounts account on account.id = entry.account_id
join private.ledger_transactions booked on booked.id = entry.transaction_id
where account.kind = 'suspense'
order by booked.effective_at desc;
