-- What follows from a booking's confirmation: its code is redeemed, what was paid for the booking that it was rescheduled from
-- comes along, and a lesson that costs the learner nothing is booked at the platform's cost.
-- Definer: nobody writes payments and codes directly.
create function private.carry_payments()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.finish_redemption(new.id, null, 'redeemed');
    if new.original_booking_id is not null then
        update public.payments
        set booking_id = new.id
        where booking_id = new.original_booking_id
            and is_accepted;
        update public.code_redemptions set booking_id = new.id where booking_id = new.original_booking_id;
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

create trigger carry_payments
    after update of status on public.bookings
    for each row
    when (new.status = 'confirmed' and old.status <> 'confirmed')
    execute function private.carry_payments();

-- When a lesson that cost the learner nothing falls through, what the instructor does not keep goes back to the platform, and
-- of spent rewards to the learner. Definer: nobody writes the ledger directly.
create function private.reverse_free_booking()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    share_cents constant bigint := new.instructor_share_cents - coalesce(new.kept_share_cents, 0);
    fee_cents constant bigint := private.prorate(new.platform_fee_cents, share_cents, new.instructor_share_cents);
begin
    perform private.post_transaction(
        'free_booking_cancelled', 'booking', new.id, format('booking:%s:free_cancelled', new.id), new.currency, private.clock(),
        array[
            row('promotions', null, -(share_cents + fee_cents)),
            row('instructor_pending', new.instructor_id, share_cents),
            row('platform_fees', null, fee_cents)
        ]::private.posting[]
    );
    if share_cents = new.instructor_share_cents and not new.is_rescheduled then
        perform private.restore_discount(new.id, null);
    end if;
    return null;
end;
$$;

create trigger reverse_free_booking
    after update of status on public.bookings
    for each row
    when (
        new.total_cents = 0
        and new.instructor_share_cents > 0
        and old.status in ('confirmed', 'in_progress')
        and (new.status = 'cancelled' or new.no_show_by = 'instructor')
    )
    execute function private.reverse_free_booking();

-- Restores the discount of a booking or credit purchase that was refunded in full: its code can be used again, and spent rewards
-- return to the learner.
create function private.restore_discount(p_booking_id uuid, p_credit_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    redemption public.code_redemptions;
begin
    update public.code_redemptions
    set status = 'released'
    where (booking_id = p_booking_id or credit_id = p_credit_id)
        and status = 'redeemed'
    returning * into redemption;

    if redemption.kind = 'reward' then
        perform private.post_transaction(
            'reward_returned', 'code_redemption', redemption.id, format('redemption:%s:returned', redemption.id),
            redemption.currency, private.clock(),
            array[
                row('promotions', null, redemption.discount_cents),
                row('learner_rewards', redemption.learner_id, -redemption.discount_cents)
            ]::private.posting[]
        );
    end if;
end;
$$;
