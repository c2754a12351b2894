-- What of each payment of a booking goes back when a fraction of it does, and what the instructor keeps of its share then. What
-- was given back before counts; of a disputed payment nothing can. Where the fee is not refundable, the fraction is of the share.
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
        private.left_share_cents(payment, refunding.cents - payment.refunded_cents + due.cents)
    from public.payments payment
    cross join lateral (select private.refunding_cents(payment.id) as cents) refunding
    cross join lateral (
        select least(
            greatest(
                private.proportion_cents(
                    case
                        when payment.is_fee_refundable then payment.amount_cents
                        else least(payment.share_cents, payment.amount_cents)
                    end,
                    p_refund_bps, 10000
                ) - payment.released_cents - refunding.cents,
                0
            ),
            case payment.status when 'authorized' then payment.amount_cents - payment.released_cents else private.refundable_cents(payment) end
        ) as cents
    ) due
    where payment.booking_id = p_booking_id
        and payment.is_accepted
        and payment.status in ('authorized', 'succeeded')
    order by payment.created_at, payment.id;
$$;
