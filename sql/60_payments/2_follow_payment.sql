-- What follows from a payment that Stripe has cancelled: its code is free again, and if the booking was confirmed by an
-- authorization that is gone, the lesson is called off, or if it was given already, somebody must look.
-- Definer: nobody writes bookings and codes directly.
create function private.follow_payment()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    if exists (
        select
        from public.bookings booking
        where booking.id = new.booking_id
            and booking.status not in ('cancelled', 'declined', 'expired')
            and not new.is_accepted
    ) or exists (
        select
        from public.learner_credits credit
        where credit.id = new.credit_id
            and credit.status <> 'cancelled'
    ) then
        return null;
    end if;

    perform private.settle_redemption(new.booking_id, new.credit_id, 'released');
    if new.is_accepted then
        perform private.give_back_discount(new.booking_id, new.credit_id);
        update public.bookings
        set status = 'cancelled',
            cancelled_by = 'system',
            cancelled_at = private.clock(),
            cancellation_reason = 'The authorization of the payment has ended.',
            refund_bps = 10000,
            returned_cents = 0,
            returned_minutes = 0,
            kept_share_cents = 0
        where id = new.booking_id
            and status in ('confirmed', 'in_progress');
        if found or new.released_cents < new.amount_cents and exists (
            select
            from public.bookings booking
            where booking.id = new.booking_id
                and (booking.status in ('completed', 'no_show') or booking.kept_share_cents > 0)
        ) then
            perform private.raise_alert(
                new.org_id, new.instructor_id, 'authorization_lost',
                'A payment that was authorized could not be captured any more.',
                'payments', new.id, format('payment:%s:authorization_lost', new.id)
            );
        end if;
    end if;
    return null;
end;
$$;
