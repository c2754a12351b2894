-- Payments and refunds: each is posted to the ledger once, no more is refunded than was captured, and money that bought nothing
-- is refunded.
create function private.violations_of_payments()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'payments_are_posted_once', jsonb_build_object('payment_id', payment.id)
    from public.payments payment
    where (payment.status = 'succeeded') <> exists (
        select
        from private.ledger_transactions posted
        where posted.org_id = payment.org_id
            and posted.idempotency_key = format('payment:%s:succeeded', payment.id)
    )

    union all
    select 'refunds_are_posted_once', jsonb_build_object('refund_id', refund.id)
    from public.refunds refund
    where (refund.status = 'succeeded') <> (
        exists (
            select
            from private.ledger_transactions posted
            where posted.org_id = refund.org_id
                and posted.idempotency_key = format('refund:%s:succeeded', refund.id)
        )
        and not exists (
            select
            from private.ledger_transactions posted
            where posted.org_id = refund.org_id
                and posted.idempotency_key = format('refund:%s:failed', refund.id)
        )
    )

    union all
    select 'refunds_are_at_most_what_was_captured', jsonb_build_object('payment_id', payment.id)
    from public.payments payment
    join public.refunds refund on refund.org_id = payment.org_id and refund.payment_id = payment.id
    where payment.status = 'succeeded'
    group by payment.org_id, payment.id
    having payment.refunded_cents > payment.captured_cents
        or coalesce(sum(refund.amount_cents) filter (where refund.status = 'succeeded'), 0) <> payment.refunded_cents

    union all
    select 'paid_bookings_are_confirmed_or_refunded', jsonb_build_object('booking_id', booking.id, 'status', booking.status)
    from public.bookings booking
    where booking.status in ('confirmed', 'in_progress', 'completed')
        and booking.total_cents > booking.credit_applied_cents
        and not exists (
            select
            from public.payments payment
            where payment.org_id = booking.org_id
                and payment.booking_id = booking.id
                and payment.is_accepted
        )

    union all
    select 'payments_of_unconfirmed_bookings_are_refunded', jsonb_build_object('payment_id', payment.id)
    from public.payments payment
    join public.bookings booking on booking.org_id = payment.org_id and booking.id = payment.booking_id
    where payment.status = 'succeeded'
        and booking.status in ('held', 'requested', 'expired', 'declined')
        and not exists (
            select
            from public.refunds refund
            where refund.org_id = payment.org_id
                and refund.payment_id = payment.id
        )

    union all
    select 'unaccepted_payments_are_refunded', jsonb_build_object('payment_id', payment.id)
    from public.payments payment
    where payment.status = 'succeeded'
        and not payment.is_accepted
        and not payment.is_disputed
        and payment.lost_cents = 0
        and not exists (
            select
            from public.refunds refund
            where refund.org_id = payment.org_id
                and refund.payment_id = payment.id
        );
end;
$$;
