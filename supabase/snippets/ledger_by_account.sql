-- The platform's money: what every kind of account holds, which sums to zero.
-- Assets and expenses are positive, what is owed and income negative.
select
    account.kind::text as account,
    account.currency,
    count(distinct account.owner_id) as owners,
    sum(entry.amount_cents)::bigint as balance_cents
from private.ledger_accounts account
join private.ledger_entries entry on entry.account_id = account.id
group by account.kind, account.currency
order by account.currency, account.kind;
