-- Moves the payments and the discount of an original booking to its confirmed replacement. A booking that replaces none is left
-- alone. 82_effects calls it.
create function private.carry_payments(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_booking.original_booking_id is null then
        return;
    end if;

    update public.payments
    set booking_id = p_booking.id
    where org_id = p_booking.org_id
        and booking_id = p_booking.original_booking_id
        and is_accepted;
    update public.code_redemptions set booking_id = p_booking.id where booking_id = p_booking.original_booking_id;
end;
$$;

-- Posts a confirmed booking that costs the learner nothing: the platform pays the instructor's share. Bookings with a price are
-- posted with their payments. 82_effects calls it.
create function private.post_free_booking(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_booking.total_cents > 0 then
        return;
    end if;

    perform private.post_transaction(
        p_booking.org_id, 'free_booking_confirmed', 'booking', p_booking.id, format('booking:%s:free', p_booking.id),
        p_booking.currency, private.clock(),
        array[
            row('promotions', null, p_booking.discount_cents),
            row('instructor_pending', p_booking.instructor_id, -p_booking.instructor_share_cents),
            row('platform_fees', null, -p_booking.platform_fee_cents)
        ]::private.posting[]
    );
end;
$$;

-- Reverses the posting of a free booking that was cancelled or that the instructor missed, but for what the instructor keeps. If
-- nothing is kept, its discount is restored. Bookings with a price are left alone. 82_effects calls it.
create function private.reverse_free_booking(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    share_cents constant bigint := p_booking.instructor_share_cents - coalesce(p_booking.kept_share_cents, 0);
    fee_cents bigint;
begin
    if p_booking.total_cents > 0 or p_booking.instructor_share_cents = 0 then
        return;
    end if;

    fee_cents := private.prorate(p_booking.platform_fee_cents, share_cents, p_booking.instructor_share_cents);
    perform private.post_transaction(
        p_booking.org_id, 'free_booking_cancelled', 'booking', p_booking.id, format('booking:%s:free_cancelled', p_booking.id),
        p_booking.currency, private.clock(),
        array[
            row('promotions', null, -(share_cents + fee_cents)),
            row('instructor_pending', p_booking.instructor_id, share_cents),
            row('platform_fees', null, fee_cents)
        ]::private.posting[]
    );
    if share_cents = p_booking.instructor_share_cents and not p_booking.is_rescheduled then
        perform private.restore_discount(p_booking.id, null);
    end if;
end;
$$;

-- Restores the discount of a booking or credit purchase that was refunded in full: its code can be used again, and spent rewards
-- return to the learner.
create function private.restore_discount(p_booking_id uuid, p_credit_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
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
            redemption.org_id, 'reward_returned', 'code_redemption', redemption.id,
            format('redemption:%s:returned', redemption.id),
            redemption.currency, private.clock(),
            array[
                row('promotions', null, redemption.discount_cents),
                row('learner_rewards', redemption.learner_id, -redemption.discount_cents)
            ]::private.posting[]
        );
    end if;
end;
$$;
