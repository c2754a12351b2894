create trigger announce_insert
    after insert on private.outbox
    referencing new table as new_rows
    for each statement
    execute function private.announce_commands();
