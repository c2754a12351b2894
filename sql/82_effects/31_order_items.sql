-- What follows when an item of an order is paid, ends, or is refunded or lost in part: what disputes had cost before its payment was known
-- to succeed, what the instructor earns by it, the referrer's reward, and what becomes of its discount. The ledger is posted by whoever
-- changes the item.
-- Definer: whoever changes an item may not write earnings, rewards and discounts.
create function private.on_order_item_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.is_paid and not old.is_paid then
        perform private.write_off_losses(payment_id, private.clock()) from private.paying_payment_ids(new.id) payment_id;
    end if;
    perform private.earn_item(
        new.id,
        case when (new.refunded_cents, new.excess_cents) <> (old.refunded_cents, old.excess_cents) then new.last_refund_id end,
        case when new.lost_cents <> old.lost_cents then new.last_dispute_id end
    );
    perform private.grant_reward(new.id);
    perform private.claw_back_reward(new.id);
    perform private.return_order_discount(new.order_id);
    return null;
end;
$$;

create trigger on_order_item_changed
    after update of is_paid, ending, refund_bps, excess_cents, refunded_cents, restored_cents, lost_cents, discount_cents on public.order_items
    for each row execute function private.on_order_item_changed();
