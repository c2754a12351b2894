-- What follows when a payment succeeds, is disputed or gets back what it had lost, its money becomes available or Stripe cancels it. What its
-- items earn by it follows from 31_order_items.sql.
-- Definer: whoever changes a payment may not write bookings, rewards, disputes, earnings and payouts.
create function private.on_payment_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.is_disputed <> old.is_disputed then
        perform private.freeze_credit(new);
        perform private.refreeze_earnings(new.org_id, null, new.id);
        if not new.is_disputed then
            perform private.cancel_undisputed_payouts(new);
            perform private.refund_due(item_id, 'The dispute has ended.') from private.paid_item_ids(new.id) item_id;
            perform private.refund_left_hours(new);
        end if;
    end if;

    if (new.status = 'succeeded' and old.status <> 'succeeded') or new.lost_cents < old.lost_cents then
        perform private.refund_left_hours(new);
    end if;

    if new.status = 'unknown' and old.status <> 'unknown' then
        perform private.write_off_losses(new.id, private.clock());
    end if;

    if new.funds_available_at is distinct from old.funds_available_at then
        perform private.delay_earnings(new);
    end if;

    if new.status = 'cancelled' and old.status <> 'cancelled' then
        perform private.undo_cancelled_payment(new);
    end if;
    perform private.tell_of_payment(old, new);
    return null;
end;
$$;

create trigger on_payment_changed
    after update of status, is_disputed, lost_cents, funds_available_at on public.payments
    for each row execute function private.on_payment_changed();
