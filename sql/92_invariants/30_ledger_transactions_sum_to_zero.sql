create view private.ledger_transactions_sum_to_zero
    with (security_invoker = true)
as
select jsonb_build_object('transaction_id', posted.id, 'kind', posted.kind) as detail
from private.ledger_transactions posted
left join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
group by posted.org_id, posted.id
having count(entry.id) < 2 or sum(entry.amount_cents) <> 0;

comment on view private.ledger_transactions_sum_to_zero is
    'Every ledger transaction has at least two entries, which sum to zero.';
