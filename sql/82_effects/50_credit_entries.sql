-- What follows when prepaid minutes expire, or are restored or refunded while disputes may have cost some of them. Entries are never changed.
-- Definer: whoever adds an entry may not write earnings and disputes.
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
    elsif new.kind in ('restore', 'refund', 'refund_failed') then
        perform private.write_off_minutes(new);
    end if;
    return null;
end;
$$;

create trigger on_credit_entry_added
    after insert on public.credit_entries
    for each row execute function private.on_credit_entry_added();
