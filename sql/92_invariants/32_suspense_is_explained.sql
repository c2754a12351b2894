create view private.suspense_is_explained
    with (security_invoker = true)
as
select jsonb_build_object(
    'org_id', booked.org_id, 'currency', booked.currency, 'ledger_cents', booked.cents, 'items_cents', items.cents - adopted.cents
) as detail
from (
    select account.org_id, account.currency, -coalesce(sum(entry.amount_cents), 0) as cents
    from private.ledger_accounts account
    left join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
    where account.kind = 'suspense'
    group by account.org_id, account.currency
) booked
cross join lateral (
    select coalesce(sum(private.left_in_suspense(item)), 0) as cents
    from private.suspense_items item
    where item.org_id = booked.org_id
        and item.currency = booked.currency
) items
cross join lateral (
    select coalesce(sum(transfer.amount_cents - transfer.reversed_cents), 0) as cents
    from private.unbooked_transfers transfer
    where transfer.org_id = booked.org_id
        and transfer.currency = booked.currency
        and transfer.adopted_at is not null
        and transfer.payee_id is null
) adopted
where booked.cents <> items.cents - adopted.cents;

comment on view private.suspense_is_explained is
    'What is in suspense is what is left of the items that admins can look at, less what was paid to nobody known.';
