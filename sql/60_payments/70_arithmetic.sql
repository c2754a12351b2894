-- Allocates a booking's price to its payments, oldest first. p_terms is that booking, or the original of a reschedule: after a
-- reschedule to a cheaper time, whole_cents - price_cents is refundable. If the fee is not refundable, allocates the
-- instructor's share only. Captures and cancellations call it.
create function private.allocate_price(p_booking_id uuid, p_terms public.bookings)
    returns table (payment_id uuid, whole_cents bigint, price_cents bigint)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
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

-- Splits an amount of a payment that is refunded, lost or never captured into the instructor's share, the platform's fee and the
-- discount: each in rounded proportion, the fee takes the rounding difference. If the fee is not refundable, the share is
-- refunded first, and only the excess comes from fee and discount; if the discount exceeds the fee, nothing comes from them.
create function private.split_refund(
    p_payment public.payments,
    p_amount_cents bigint,
    out share_cents bigint,
    out fee_cents bigint,
    out discount_cents bigint
)
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    whole_cents constant bigint := p_payment.amount_cents;
    beyond_share_cents constant bigint := whole_cents - p_payment.share_cents;
begin
    if p_payment.is_fee_refundable then
        share_cents := private.prorate(p_payment.share_cents, p_amount_cents, whole_cents);
        discount_cents := private.prorate(p_payment.discount_cents, p_amount_cents, whole_cents);
    elsif beyond_share_cents >= 0 then
        share_cents := least(p_amount_cents, p_payment.share_cents);
        discount_cents := private.prorate(
            p_payment.discount_cents, p_amount_cents - share_cents, beyond_share_cents
        );
    else
        share_cents := private.prorate(p_payment.share_cents, p_amount_cents, whole_cents);
        discount_cents := share_cents - p_amount_cents;
    end if;
    fee_cents := p_amount_cents - share_cents + discount_cents;
end;
$$;

-- Whether a payment's money is in suspense, because another amount was received, or after the payment was cancelled.
create function private.is_set_aside(p_payment public.payments)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_payment.status = 'unknown' or p_payment.status = 'cancelled' and exists (
        select
        from private.suspense_items item
        where item.org_id = p_payment.org_id
            and item.payment_id = p_payment.id
    );
end;
$$;

-- The part of a payment that is gone: never captured, refunded, or lost in a dispute.
create function private.gone_cents(p_payment public.payments)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_payment.uncaptured_cents + p_payment.refunded_cents + p_payment.lost_cents;
$$;

-- The part of a payment that the payer has back: never captured, or refunded.
create function private.returned_cents(p_payment public.payments)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_payment.uncaptured_cents + p_payment.refunded_cents;
$$;

-- The amount of a payment that can still be refunded: captured, not lost, and not in a refund that succeeded or may succeed. Zero
-- while a dispute is open. The caller holds the payment's lock.
create function private.refundable_cents(p_payment public.payments)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select case
            when p_payment.is_disputed or p_payment.status <> 'succeeded' then 0
            else p_payment.captured_cents - p_payment.lost_cents - private.committed_refund_cents(p_payment.id)
        end
    );
end;
$$;

-- The sum of a payment's refunds that succeeded or may still succeed.
create function private.committed_refund_cents(p_payment_id uuid)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(sum(refund.amount_cents), 0)::bigint
    from public.refunds refund
    where refund.payment_id = p_payment_id
        and refund.status in ('pending', 'requires_action', 'succeeded');
$$;

-- The instructor's share of a payment that remains after p_more_cents more are refunded. A loss that the platform bears takes
-- nothing from it.
create function private.remaining_share_cents(p_payment public.payments, p_more_cents bigint default 0)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select p_payment.share_cents
            - (private.split_refund(p_payment, private.gone_cents(p_payment) + p_more_cents)).share_cents
            + p_payment.absorbed_share_cents
    );
end;
$$;

-- The instructor's earning from a booking that is over: the share, less its refunded part; for prepaid minutes and for lessons
-- that cost the learner nothing, the part of the share that was kept.
create function private.earned_share_cents(p_booking public.bookings)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select least(
            p_booking.kept_share_cents,
            p_booking.instructor_share_cents,
            case
                when p_booking.credit_applied_cents = 0 and p_booking.total_cents > 0 then (
                    select coalesce(sum(private.remaining_share_cents(payment)), 0)
                    from public.payments payment
                    where payment.org_id = p_booking.org_id
                        and payment.booking_id = p_booking.id
                        and payment.is_accepted
                        and payment.status <> 'cancelled'
                )
            end
        )::bigint
    );
end;
$$;
