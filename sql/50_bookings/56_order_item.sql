-- Adds a booking to its order, at its frozen price. Prepaid minutes go back with their part of the fee. A replacement whose original has
-- ended for it takes over the original's item; while the original still stands, the item stays with that until the difference is paid.
create function private.add_booking_item(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit private.credit_part;
begin
    if p_booking.original_booking_id is not null then
        perform private.move_item(p_booking.original_booking_id, p_booking.id, private.price_of_booking(p_booking))
        from public.bookings original
        where original.org_id = p_booking.org_id
            and original.id = p_booking.original_booking_id
            and original.is_rescheduled;
        return;
    end if;

    credit := private.booking_credit(p_booking.id, 'reserve');
    insert into public.order_items (
        org_id, order_id, learner_id, instructor_id, kind, booking_id, currency, minutes,
        list_cents, discount_cents, fee_cents, share_cents, is_fee_refundable,
        credit_share_cents, credit_fee_cents, credit_discount_cents, is_paid, supply_model
    )
    values (
        p_booking.org_id, p_booking.order_id, p_booking.learner_id, p_booking.instructor_id, 'booking', p_booking.id, p_booking.currency,
        extract(epoch from p_booking.end_at - p_booking.start_at) / 60,
        p_booking.price_cents, p_booking.discount_cents, p_booking.platform_fee_cents, p_booking.instructor_share_cents,
        p_booking.is_fee_refundable or credit.minutes > 0,
        credit.share_cents, credit.fee_cents, credit.discount_cents, credit.minutes > 0 and p_booking.due_cents = 0,
        (select organization.supply_model from public.organizations organization where organization.id = p_booking.org_id)
    );
end;
$$;

-- A booking's frozen price.
create function private.price_of_booking(p_booking public.bookings)
    returns private.price
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select row(
        p_booking.currency, p_booking.price_cents, p_booking.discount_cents, p_booking.fee_mode, p_booking.fee_bps,
        p_booking.platform_fee_cents, p_booking.instructor_share_cents, p_booking.total_cents
    )::private.price;
$$;
