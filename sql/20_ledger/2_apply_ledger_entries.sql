-- Runs once for each insert into the entries: refuses a transaction that does not sum to zero, and moves the running
-- balances of owned accounts, locking them in the order of their ids. The ids come as an array, so that accounts are found by
-- their key whatever the plan was made for: one made for a large batch is kept, and would read them all for a small one.
-- Definer: whoever posts needs no other access to the ledger.
create function private.apply_ledger_entries()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    if exists (
        select from new_rows entry group by entry.transaction_id having sum(entry.amount_cents) <> 0
    ) then
        raise exception using
            errcode = 'check_violation',
            constraint = 'ledger_transaction_sums_to_zero',
            message = 'The entries of a ledger transaction must sum to zero.';
    end if;

    perform
    from private.ledger_accounts account
    where account.owner_id is not null
        and account.id = any (array(select entry.account_id from new_rows entry))
    order by account.id
    for no key update;

    update private.ledger_accounts account
    set balance_cents = account.balance_cents + moved.amount_cents
    from (
        select entry.account_id, sum(entry.amount_cents) as amount_cents
        from new_rows entry
        group by entry.account_id
    ) moved
    where account.id = moved.account_id
        and account.id = any (array(select entry.account_id from new_rows entry))
        and account.owner_id is not null;
    return null;
end;
$$;
