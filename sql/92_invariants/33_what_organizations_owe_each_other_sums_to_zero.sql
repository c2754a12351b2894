create view private.what_organizations_owe_each_other_sums_to_zero
    with (security_invoker = true)
as
select jsonb_build_object('currency', account.currency, 'cents', sum(entry.amount_cents)) as detail
from private.ledger_accounts account
join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
where account.kind = 'interorganization'
group by account.currency
having sum(entry.amount_cents) <> 0;

comment on view private.what_organizations_owe_each_other_sums_to_zero is
    'What organizations owe each other sums to zero in each currency.';
