create view private.adopted_transfers_are_posted
    with (security_invoker = true)
as
select jsonb_build_object('stripe_transfer_id', adopted.stripe_transfer_id) as detail
from private.unbooked_transfers adopted
left join private.ledger_transactions posted
    on posted.org_id = adopted.org_id
    and posted.source_type = 'transfer'
    and posted.source_id = adopted.id
left join private.ledger_accounts account on account.org_id = posted.org_id and account.kind = 'stripe_balance'
left join private.ledger_entries entry
    on entry.org_id = posted.org_id
    and entry.transaction_id = posted.id
    and entry.account_id = account.id
group by adopted.org_id, adopted.id
having coalesce(sum(entry.amount_cents), 0)
    <> case when adopted.adopted_at is null then 0 else adopted.reversed_cents - adopted.amount_cents end;

comment on view private.adopted_transfers_are_posted is
    'A transfer that an admin has adopted is posted, less what was reversed of it.';
