-- What of a booking's price each of its payments pays, the oldest first, by the terms of that booking or of the one that was
-- rescheduled to it; what exceeds the price is left over by a move to a cheaper time. Where the fee stays, of the share alone.
create function private.spread_price(p_booking_id uuid, p_terms public.bookings)
    returns table (payment_id uuid, whole_cents bigint, price_cents bigint)
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select
        paid.id,
        paid.whole_cents,
        greatest(
            least(
                paid.whole_cents,
                case
                    when p_terms.is_fee_refundable then p_terms.total_cents
                    else least(p_terms.instructor_share_cents, p_terms.total_cents)
                end - paid.earlier_cents
            ),
            0
        )
    from (
        select
            part.id,
            part.whole_cents,
            coalesce(
                sum(part.whole_cents) over (
                    order by part.created_at, part.id rows between unbounded preceding and 1 preceding
                ),
                0
            )::bigint as earlier_cents
        from (
            select
                payment.id,
                payment.created_at,
                case
                    when payment.is_fee_refundable then payment.amount_cents
                    else least(payment.share_cents, payment.amount_cents)
                end as whole_cents
            from public.payments payment
            where payment.booking_id = p_booking_id
                and payment.is_accepted
                and payment.status in ('authorized', 'succeeded')
        ) part
    ) paid;
$$;
