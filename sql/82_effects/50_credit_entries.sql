-- What follows when prepaid minutes are forfeited: the instructor earns them; and who is told that few are left. Entries are never changed.
-- Definer: whoever adds an entry may not write earnings.
create function private.on_credit_entry_added()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.kind = 'expire' then
        perform private.accrue_expiry(new);
    end if;
    perform private.tell_of_credit_entry(new);
    return null;
end;
$$;

create trigger on_credit_entry_added
    after insert on public.credit_entries
    for each row execute function private.on_credit_entry_added();
