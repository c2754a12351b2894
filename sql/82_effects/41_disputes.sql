-- What follows when what a dispute takes of a payment is allocated, or given back: lessons ahead that it took are cancelled, holds by its hours
-- are given up, and what is owed of its items is refunded once the money is back.
-- Definer: whoever changes a dispute may not write bookings and refunds.
create function private.on_dispute_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.lost_cents < old.lost_cents then
        perform private.refund_won_items(new);
    else
        perform private.cancel_lost_lessons(new);
        perform private.cancel_lost_holds(new);
    end if;
    return null;
end;
$$;

create trigger on_dispute_changed
    after update of lost_cents, revision on public.disputes
    for each row execute function private.on_dispute_changed();
