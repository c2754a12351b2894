-- Adds the earning, mostly negative, by which a booking's earnings again sum to the instructor's remaining share: after a refund, after
-- a refund that failed, after a lost dispute, or after an authorization that was lost. It becomes payable when the booking's first
-- earning does, so that the two are paid out together. 82_effects calls it with the refund, the dispute or neither.
create function private.net_booking(p_payment_id uuid, p_refund_id uuid, p_dispute_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, booking_id, payment_id, refund_id, dispute_id, currency, amount_cents, available_at
    )
    select
        booking.org_id,
        booking.instructor_id,
        coalesce(first_earning.payee_id, private.payee_id(booking.instructor_id)),
        case
            when change.cents < 0 and p_refund_id is not null then 'refund'
            when change.cents < 0 and p_dispute_id is not null then 'dispute'
            else 'adjustment'
        end::public.earning_kind,
        booking.id,
        payment.id,
        p_refund_id,
        p_dispute_id,
        booking.currency,
        change.cents,
        coalesce(first_earning.available_at, private.clock())
    from public.payments payment
    join public.bookings booking on booking.org_id = payment.org_id and booking.id = payment.booking_id
    left join public.earnings first_earning
        on first_earning.org_id = booking.org_id
        and first_earning.booking_id = booking.id
        and first_earning.kind in ('lesson', 'cancellation', 'no_show')
    cross join lateral (
        select private.earned_share_cents(booking) - coalesce(sum(earning.amount_cents), 0) as cents
        from public.earnings earning
        where earning.org_id = booking.org_id
            and earning.booking_id = booking.id
    ) change
    where payment.id = p_payment_id
        and payment.is_accepted
        and booking.status in ('completed', 'no_show', 'cancelled')
        and not booking.is_rescheduled
        and change.cents <> 0;
end;
$$;
