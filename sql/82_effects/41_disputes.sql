-- What follows when a dispute takes money of a payment: the instructor's earning is adjusted where the instructor is liable.
-- Definer: whoever changes a dispute may not write earnings.
create function private.on_dispute_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.lost_cents <> old.lost_cents then
        perform private.net_booking(new.payment_id, null, new.id);
    end if;
    return null;
end;
$$;

create trigger on_dispute_changed
    after update of lost_cents on public.disputes
    for each row execute function private.on_dispute_changed();
