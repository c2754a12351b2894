-- What follows when a payment is disputed or accepted, its amounts change, its money becomes available or Stripe cancels it.
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
        perform private.refreeze_earnings(new.org_id, new.booking_id, new.id);
        if not new.is_disputed then
            perform private.cancel_undisputed_payouts(new);
        end if;
    end if;

    if (new.captured_cents, new.refunded_cents, new.lost_cents) <> (old.captured_cents, old.refunded_cents, old.lost_cents) then
        if new.booking_id is not null and old.captured_cents = 0 then
            perform private.grant_reward(new.booking_id);
        end if;
        perform private.claw_back_reward(new.id);
    end if;

    if (new.status, new.is_accepted) <> (old.status, old.is_accepted) and new.status in ('succeeded', 'unknown') then
        perform private.write_off_losses(new.id, private.clock());
    end if;

    if new.funds_available_at is distinct from old.funds_available_at then
        perform private.delay_earnings(new);
    end if;

    if new.status = 'cancelled' and old.status <> 'cancelled' then
        perform private.undo_cancelled_payment(new);
        if new.is_accepted then
            perform private.net_booking(new.id, null, null);
        end if;
    end if;
    return null;
end;
$$;

create trigger on_payment_changed
    after update of status, is_accepted, captured_cents, refunded_cents, lost_cents, is_disputed, funds_available_at on public.payments
    for each row execute function private.on_payment_changed();
