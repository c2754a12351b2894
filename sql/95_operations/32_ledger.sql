-- What must always be true of the ledger, and of payments and refunds in it: one row a violation.
create function private.violations_of_ledger()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return query
    select 'ledger_transactions_sum_to_zero', jsonb_build_object('transaction_id', booked.id, 'kind', booked.kind)
    from private.ledger_transactions booked
    left join private.ledger_entries entry on entry.transaction_id = booked.id
    group by booked.org_id, booked.id
    having count(entry.id) < 2 or sum(entry.amount_cents) <> 0

    union all
    select 'balances_are_sums_of_entries', jsonb_build_object('account_id', account.id, 'balance_cents', account.balance_cents)
    from private.ledger_accounts account
    left join private.ledger_entries entry on entry.account_id = account.id
    where account.owner_id is not null
    group by account.org_id, account.id
    having account.balance_cents <> coalesce(sum(entry.amount_cents), 0)

    union all
    select 'payments_are_posted_once', jsonb_build_object('payment_id', payment.id)
    from public.payments payment
    where (payment.status = 'succeeded') <> exists (
        select
        from private.ledger_transactions booked
        where booked.idempotency_key = format('payment:%s:succeeded', payment.id)
    )

    union all
    select 'refunds_are_posted_once', jsonb_build_object('refund_id', refund.id)
    from public.refunds refund
    where (refund.status = 'succeeded') <> (
        exists (
            select
            from private.ledger_transactions booked
            where booked.idempotency_key = format('refund:%s:succeeded', refund.id)
        )
        and not exists (
            select
            from private.ledger_transactions booked
            where booked.idempotency_key = format('refund:%s:failed', refund.id)
        )
    )

    union all
    select 'refunds_are_at_most_what_was_captured', jsonb_build_object('payment_id', payment.id)
    from public.payments payment
    join public.refunds refund on refund.payment_id = payment.id
    where payment.status = 'succeeded'
    group by payment.org_id, payment.id
    having payment.refunded_cents > payment.captured_cents
        or coalesce(sum(refund.amount_cents) filter (where refund.status = 'succeeded'), 0) <> payment.refunded_cents

    union all
    select 'pending_agrees_with_payments_and_earnings', jsonb_build_object(
        'instructor_id', owed.instructor_id, 'currency', owed.currency,
        'expected_cents', owed.amount_cents, 'ledger_cents', owed.ledger_cents
    )
    from (
        select
            coalesce(account.owner_id, expected.instructor_id) as instructor_id,
            coalesce(account.currency, expected.currency) as currency,
            coalesce(expected.amount_cents, 0) as amount_cents,
            -coalesce(account.balance_cents, 0) as ledger_cents
        from (select * from private.ledger_accounts where kind = 'instructor_pending') account
        full join (
            select part.instructor_id, part.currency, sum(part.amount_cents)::bigint as amount_cents
            from (
                select payment.instructor_id, payment.currency, private.remaining_share_cents(payment) as amount_cents
                from public.payments payment
                where payment.status = 'succeeded'
                    and payment.kind = 'booking'
                union all
                select entry.instructor_id, credit.currency, entry.share_cents
                from public.credit_entries entry
                join public.learner_credits credit on credit.id = entry.credit_id
                where entry.kind in ('consume', 'expire')
                union all
                select booking.instructor_id, booking.currency, coalesce(booking.kept_share_cents, booking.instructor_share_cents)
                from public.bookings booking
                where booking.total_cents = 0
                    and booking.credit_applied_cents = 0
                    and booking.status in ('confirmed', 'in_progress', 'completed', 'no_show', 'cancelled')
                    and not exists (select from private.reserved_credit(booking.id))
                union all
                select earning.instructor_id, earning.currency, -earning.amount_cents
                from public.earnings earning
                where earning.status in ('available', 'paid')
                    and earning.reversed_payout_id is null
            ) part
            group by part.instructor_id, part.currency
        ) expected on expected.instructor_id = account.owner_id and expected.currency = account.currency
    ) owed
    where owed.amount_cents <> owed.ledger_cents;
end;
$$;
