-- The ledger by itself: every transaction sums to zero, a stored balance is the sum of its entries, what organizations owe each other sums
-- to zero, and what is in suspense is what is left of its items, less what was paid to nobody known.
create function private.violations_of_ledger()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'ledger_transactions_sum_to_zero', jsonb_build_object('transaction_id', posted.id, 'kind', posted.kind)
    from private.ledger_transactions posted
    left join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
    group by posted.org_id, posted.id
    having count(entry.id) < 2 or sum(entry.amount_cents) <> 0

    union all
    select 'balances_are_sums_of_entries', jsonb_build_object('account_id', account.id, 'balance_cents', account.balance_cents)
    from private.ledger_accounts account
    left join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
    where account.owner_id is not null
    group by account.org_id, account.id
    having account.balance_cents <> coalesce(sum(entry.amount_cents), 0)

    union all
    select 'what_organizations_owe_each_other_sums_to_zero', jsonb_build_object(
        'currency', account.currency, 'cents', sum(entry.amount_cents)
    )
    from private.ledger_accounts account
    join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
    where account.kind = 'interorganization'
    group by account.currency
    having sum(entry.amount_cents) <> 0

    union all
    select 'suspense_is_explained', jsonb_build_object(
        'org_id', booked.org_id, 'currency', booked.currency, 'ledger_cents', booked.cents, 'items_cents', explained.cents
    )
    from (
        select account.org_id, account.currency, -coalesce(sum(entry.amount_cents), 0) as cents
        from private.ledger_accounts account
        left join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
        where account.kind = 'suspense'
        group by account.org_id, account.currency
    ) booked
    cross join lateral (
        select coalesce(sum(part.cents), 0) as cents
        from (
            select private.left_in_suspense(item) as cents
            from private.suspense_items item
            where item.org_id = booked.org_id
                and item.currency = booked.currency
            union all
            select adopted.reversed_cents - adopted.amount_cents
            from private.unbooked_transfers adopted
            where adopted.org_id = booked.org_id
                and adopted.currency = booked.currency
                and adopted.adopted_at is not null
                and adopted.payee_id is null
        ) part
    ) explained
    where booked.cents <> explained.cents;
end;
$$;
