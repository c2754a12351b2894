-- What of each payment of a booking goes back when a fraction of its price does, and what the instructor keeps of its share then.
-- What was given back before counts; of a disputed payment nothing can be, but the instructor keeps no more for that. Where the
-- fee is not refundable, the fraction is of the share.
create function private.refunds_due(p_booking_id uuid, p_refund_bps integer)
    returns table (payment_id uuid, refund_cents bigint, kept_cents bigint, kept_share_cents bigint)
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select
        payment.id,
        due.cents,
        payment.amount_cents - payment.released_cents - payment.lost_cents - refunding.cents - due.cents,
        least(
            private.left_share_cents(payment, refunding.cents - payment.refunded_cents + due.cents),
            payment.share_cents - (private.split_refund(payment, whole.cents)).share_cents
        )
    from public.bookings booking
    cross join lateral private.spread_price(booking.id, booking) paid
    join public.payments payment on payment.id = paid.payment_id
    cross join lateral (select private.refunding_cents(payment.id) as cents) refunding
    cross join lateral (
        select paid.whole_cents - paid.price_cents + private.proportion_cents(paid.price_cents, p_refund_bps, 10000) as cents
    ) whole
    cross join lateral (
        select least(
            greatest(whole.cents - payment.released_cents - refunding.cents, 0),
            case payment.status when 'authorized' then payment.amount_cents else private.refundable_cents(payment) end
        ) as cents
    ) due
    where booking.id = p_booking_id
    order by payment.created_at, payment.id;
$$;
