create view private.earnings_agree_with_the_ledger
    with (security_invoker = true)
as
select jsonb_build_object(
    'payee_id', owed.payee_id, 'currency', owed.currency, 'earnings_cents', owed.amount_cents, 'ledger_cents', owed.ledger_cents
) as detail
from (
    select
        coalesce(payable.owner_id, open_earning.payee_id) as payee_id,
        coalesce(payable.currency, open_earning.currency) as currency,
        coalesce(open_earning.amount_cents, 0) as amount_cents,
        -coalesce(payable.balance_cents, 0) as ledger_cents
    from (
        select owner_id, currency, balance_cents
        from private.ledger_accounts
        where kind = 'payee_payable'
    ) payable
    full join (
        select earning.payee_id, earning.currency, sum(earning.amount_cents)::bigint as amount_cents
        from public.earnings earning
        where earning.status = 'available'
            and earning.payout_id is null
        group by earning.payee_id, earning.currency
    ) open_earning on open_earning.payee_id = payable.owner_id and open_earning.currency = payable.currency
) owed
where owed.amount_cents <> owed.ledger_cents;

comment on view private.earnings_agree_with_the_ledger is
    'What the ledger owes a payee now is the sum of the earnings that no payout has taken.';
