-- What follows when a refund succeeds or fails, also when it fails after it had succeeded. What disputes have cost is counted before
-- the booking is netted, because they cost only what was not refunded.
-- Definer: whoever changes a refund may not write credits, discounts, disputes and earnings.
create function private.on_refund_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.status = old.status then
        return null;
    end if;

    if new.status = 'succeeded' then
        perform private.finish_refund(new);
        perform private.count_losses(new.payment_id);
        perform private.net_booking(new.payment_id, new.id, null);
        perform private.write_off_losses(new.payment_id, private.clock());
        perform private.end_wait_for_refund(new);

    elsif new.status in ('failed', 'cancelled') then
        perform private.undo_failed_refund(new);
        if old.status = 'succeeded' then
            perform private.count_losses(new.payment_id);
            perform private.net_booking(new.payment_id, new.id, null);
            perform private.write_off_losses(new.payment_id, private.clock());
        end if;
    end if;
    return null;
end;
$$;

create trigger on_refund_changed
    after update of status on public.refunds
    for each row execute function private.on_refund_changed();
