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
    select 'confirmed_bookings_are_paid', jsonb_build_object('booking_id', booking.id, 'status', booking.status)
    from public.bookings booking
    where booking.status in ('confirmed', 'in_progress', 'completed')
        and booking.total_cents > booking.credit_applied_cents
        and not exists (
            select
            from public.order_items item
            join public.payment_items part on part.org_id = item.org_id and part.item_id = item.id
            join public.payments payment on payment.org_id = part.org_id and payment.id = part.payment_id
            where item.org_id = booking.org_id
                and item.booking_id = booking.id
                and payment.is_accepted
        )

    union all
    select 'payments_are_the_sum_of_their_items', jsonb_build_object('payment_id', payment.id, 'amount_cents', payment.amount_cents)
    from public.payments payment
    left join public.payment_items part on part.org_id = payment.org_id and part.payment_id = payment.id
    group by payment.org_id, payment.id
    having (payment.share_cents, payment.fee_cents, payment.discount_cents, payment.amount_cents) is distinct from (
        sum(part.share_cents)::bigint, sum(part.fee_cents)::bigint, sum(part.discount_cents)::bigint, sum(part.amount_cents)::bigint
    )

    union all
    select 'what_is_due_is_being_refunded', jsonb_build_object('item_id', item.id, 'due_cents', due.cents)
    from public.order_items item
    cross join lateral (
        select private.owed_cents(item) + item.excess_cents
            - private.waiting_refund_cents(item.id, private.makes_whole(item.ending)) - private.waiting_excess_cents(item.id) as cents
    ) due
    where due.cents > 0
        and not exists (
            select
            from public.payment_items part
            join public.payments payment on payment.org_id = part.org_id and payment.id = part.payment_id
            where part.org_id = item.org_id
                and part.item_id = item.id
                and payment.is_disputed
        )
        -- A refund that failed waits for an admin; one that Stripe's Dashboard has begun goes to what is due once it succeeds.
        and not exists (
            select
            from public.payment_items part
            join public.refunds refund on refund.org_id = part.org_id and refund.payment_id = part.payment_id
            where part.org_id = item.org_id
                and part.item_id = item.id
                and refund.status in ('pending', 'requires_action', 'failed', 'cancelled')
        );
end;
$$;
