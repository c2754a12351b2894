create trigger apply_entries
    after insert on private.ledger_entries
    referencing new table as new_rows
    for each statement execute function private.apply_ledger_entries();

create trigger forbid_change
    before update or delete on private.ledger_entries
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.ledger_entries
    for each statement execute function private.forbid_change();

create trigger forbid_change
    before update or delete on private.ledger_transactions
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.ledger_transactions
    for each statement execute function private.forbid_change();
