-- Gives back what a booking costs less than the one that was rescheduled to it, once it is confirmed: from the latest payments.
-- Of an authorization it is not captured in the end. Definer: nobody writes refunds directly.
create function private.return_difference()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    due record;
    payment public.payments;
    difference_cents bigint;
begin
    for due in
        select before.payment_id, before.price_cents - after.price_cents as cents
        from public.bookings moved
        cross join lateral private.spread_price(new.id, moved) before
        join private.spread_price(new.id, new) after on after.payment_id = before.payment_id
        where moved.id = new.moved_from_id
            and before.price_cents > after.price_cents
        order by before.payment_id
    loop
        select * into strict payment from public.payments where id = due.payment_id for no key update;
        difference_cents := least(due.cents, private.refundable_cents(payment));
        if difference_cents > 0 then
            perform private.create_refund(payment, difference_cents, 'The lesson was moved to a cheaper time.');
        end if;
    end loop;
    return null;
end;
$$;
