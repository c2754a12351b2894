-- Prepaid minutes: each lot counts what its entries moved, minutes are reserved only for bookings ahead, and the money of unused
-- minutes is in the ledger.
create function private.violations_of_credits()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'minutes_are_sums_of_their_entries', jsonb_build_object('credit_id', credit.id)
    from public.learner_credits credit
    left join lateral (
        select
            coalesce(sum(case entry.kind when 'reserve' then 1 when 'restore' then -1 when 'consume' then -1 else 0 end * entry.minutes), 0) as reserved,
            coalesce(sum(entry.minutes) filter (where entry.kind in ('consume', 'expire')), 0) as used,
            coalesce(sum(case entry.kind when 'refund' then 1 when 'dispute' then 1 when 'refund_failed' then -1 when 'dispute_reversed' then -1 else 0 end * entry.minutes), 0) as refunded,
            coalesce(
                sum(
                    case when entry.kind in ('reserve', 'refund', 'dispute', 'expire') then 1 when entry.kind in ('restore', 'refund_failed', 'dispute_reversed') then -1 else 0 end
                    * entry.share_cents
                ),
                0
            ) as share_cents
        from public.credit_entries entry
        where entry.credit_id = credit.id
    ) moved on true
    where (credit.minutes_reserved, credit.minutes_used, credit.minutes_refunded, credit.taken_share_cents)
        is distinct from (moved.reserved, moved.used, moved.refunded, moved.share_cents)

    union all
    select 'minutes_are_reserved_for_lessons_ahead', jsonb_build_object('booking_id', booking.id, 'status', booking.status)
    from public.bookings booking
    where booking.credit_applied_cents > 0
        and (booking.status in ('held', 'requested', 'confirmed', 'in_progress')) <> exists (
            select from private.reserved_credit(booking.id)
        )

    union all
    select 'prepaid_money_is_that_of_unused_minutes', jsonb_build_object(
        'currency', coalesce(unused.currency, posted.currency), 'minutes_cents', unused.cents, 'ledger_cents', posted.cents
    )
    from (
        select part.currency, sum(part.cents) as cents
        from (
            select payment.currency, payment.share_cents as cents
            from public.payments payment
            where payment.kind = 'credits'
                and payment.status = 'succeeded'
            union all
            select credit.currency, -entry.share_cents
            from public.credit_entries entry
            join public.learner_credits credit on credit.id = entry.credit_id
            left join public.refunds refund on refund.id = entry.refund_id
            where entry.kind in ('consume', 'expire', 'dispute')
                or (entry.kind = 'refund' and refund.status = 'succeeded')
            union all
            select credit.currency, entry.share_cents
            from public.credit_entries entry
            join public.learner_credits credit on credit.org_id = entry.org_id and credit.id = entry.credit_id
            where entry.kind = 'dispute_reversed'
            union all
            select dispute.currency, -dispute.lost_share_cents
            from public.disputes dispute
            join public.payments payment on payment.org_id = dispute.org_id and payment.id = dispute.payment_id
            where payment.kind = 'credits'
                and not payment.is_accepted
            union all
            select refund.currency, -refund.share_cents
            from public.refunds refund
            join public.payments payment on payment.org_id = refund.org_id and payment.id = refund.payment_id
            where payment.kind = 'credits'
                and not payment.is_accepted
                and refund.status = 'succeeded'
        ) part
        group by part.currency
    ) unused
    full join (
        select account.currency, -sum(entry.amount_cents) as cents
        from private.ledger_accounts account
        join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
        where account.kind = 'learner_prepaid'
        group by account.currency
    ) posted on posted.currency = unused.currency
    where coalesce(unused.cents, 0) <> coalesce(posted.cents, 0);
end;
$$;
