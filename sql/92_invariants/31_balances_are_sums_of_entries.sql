create view private.balances_are_sums_of_entries
    with (security_invoker = true)
as
select jsonb_build_object('account_id', account.id, 'balance_cents', account.balance_cents) as detail
from private.ledger_accounts account
left join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
where account.owner_id is not null
group by account.org_id, account.id
having account.balance_cents <> coalesce(sum(entry.amount_cents), 0);

comment on view private.balances_are_sums_of_entries is
    'The running balance of an owned account is the sum of its entries.';
