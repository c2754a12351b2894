-- When a booking ends unconfirmed that another one was given up for, what was paid for that one goes back in full; the code of
-- one that cost nothing can be used again.
-- Definer: nobody writes refunds directly.
create function private.return_moved_money()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payment public.payments;
begin
    for payment in
        select paid.*
        from public.bookings moved
        join public.payments paid on paid.booking_id = moved.id
        where moved.id = new.moved_from_id
            and moved.is_moved
            and paid.is_accepted
            and paid.status in ('authorized', 'succeeded')
        for no key update of paid
    loop
        if payment.status = 'authorized' then
            perform private.capture_payment(payment, payment.amount_cents);
        elsif payment.is_disputed then
            perform private.raise_alert(
                new.org_id, null, 'refund_waits_for_dispute',
                'A lesson was called off whose payment is disputed. Decide about a refund when the dispute has ended.',
                'payments', payment.id, format('booking:%s:refund_waits', new.id)
            );
        else
            perform private.refund_rest(payment.id, 'The rescheduled lesson was not confirmed.');
        end if;
    end loop;

    perform private.give_back_discount(moved.id, null)
    from public.bookings moved
    where moved.id = new.moved_from_id
        and moved.is_moved
        and moved.total_cents = 0;
    return null;
end;
$$;
