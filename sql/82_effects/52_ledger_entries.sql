-- What follows when fees are posted: they wait for an invoice, which maintenance issues. One insert a statement, whatever it posts.
-- Definer: whoever posts may not write the worklist.
create function private.on_entries_posted()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    insert into private.uninvoiced_fees (org_id, entry_id)
    select posted.org_id, posted.id
    from posted
    join private.ledger_accounts account on account.org_id = posted.org_id and account.id = posted.account_id
    where account.kind = 'platform_fees';
    return null;
end;
$$;

create trigger on_entries_posted
    after insert on private.ledger_entries
    referencing new table as posted
    for each statement execute function private.on_entries_posted();
