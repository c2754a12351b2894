-- What follows when a refund succeeds or fails, also when it fails after it had succeeded. What its items earn follows from
-- 31_order_items.sql.
-- Definer: whoever changes a refund may not write discounts, disputes and earnings.
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
        perform private.return_payment_discount(new);
        perform private.write_off_losses(new.payment_id, private.clock());
        perform private.end_wait_for_refund(new);
        perform private.tell_of_refund(new);

    elsif new.status in ('failed', 'cancelled') then
        perform private.alert_failed_refund(new);
        perform private.refund_due_again(new);
        perform private.return_payment_discount(new);
        perform private.write_off_losses(new.payment_id, private.clock());
    end if;
    return null;
end;
$$;

create trigger on_refund_changed
    after update of status on public.refunds
    for each row execute function private.on_refund_changed();
