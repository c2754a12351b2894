-- What follows from a booking's confirmation: its code is redeemed, what was paid for the booking that it was rescheduled from
-- comes along, and a lesson that costs the learner nothing is booked at the platform's cost.
-- Definer: nobody writes payments and codes directly.
create function private.follow_confirmation()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.settle_redemption(new.id, null, 'redeemed');
    if new.moved_from_id is not null then
        update public.payments
        set booking_id = new.id
        where booking_id = new.moved_from_id
            and is_accepted;
        update public.code_redemptions set booking_id = new.id where booking_id = new.moved_from_id;
    end if;
    if new.total_cents = 0 then
        perform private.post_transaction(
            'free_booking_confirmed', 'booking', new.id, format('booking:%s:free', new.id), new.currency, private.clock(),
            array[
                row('promotions', null, new.discount_cents),
                row('instructor_pending', new.instructor_id, -new.instructor_share_cents),
                row('platform_fees', null, -new.platform_fee_cents)
            ]::private.posting[]
        );
    end if;
    return null;
end;
$$;
