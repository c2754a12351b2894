-- Wakes whoever listens for new commands; nobody has to: the workers also look from time to time.
create function private.announce_commands()
    returns trigger
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    if exists (select from new_rows) then
        perform pg_notify('outbox', '');
    end if;
    return null;
end;
$$;
