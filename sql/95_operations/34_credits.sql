-- What must always be true of prepaid minutes, codes, rewards and disputes, and of the ledger about them: one row a violation.
create function private.violations_of_credits()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return query
    select 'minutes_are_sums_of_their_entries', jsonb_build_object('credit_id', credit.id)
    from public.learner_credits credit
    left join lateral (
        select
            coalesce(sum(case entry.kind when 'reserve' then 1 when 'restore' then -1 when 'consume' then -1 else 0 end * entry.minutes), 0) as reserved,
            coalesce(sum(entry.minutes) filter (where entry.kind in ('consume', 'expire')), 0) as used,
            coalesce(sum(case entry.kind when 'refund' then 1 when 'dispute' then 1 when 'refund_failed' then -1 else 0 end * entry.minutes), 0) as refunded,
            coalesce(
                sum(
                    case when entry.kind in ('reserve', 'refund', 'dispute', 'expire') then 1 when entry.kind in ('restore', 'refund_failed') then -1 else 0 end
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
        'currency', coalesce(unused.currency, booked.currency), 'minutes_cents', unused.cents, 'ledger_cents', booked.cents
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
            select refund.currency, -refund.share_cents
            from public.refunds refund
            join public.payments payment on payment.id = refund.payment_id
            where payment.kind = 'credits'
                and not payment.is_accepted
                and refund.status = 'succeeded'
        ) part
        group by part.currency
    ) unused
    full join (
        select account.currency, -sum(entry.amount_cents) as cents
        from private.ledger_accounts account
        join private.ledger_entries entry on entry.account_id = account.id
        where account.kind = 'learner_prepaid'
        group by account.currency
    ) booked on booked.currency = unused.currency
    where coalesce(unused.cents, 0) <> coalesce(booked.cents, 0)

    union all
    select 'uses_are_counted', jsonb_build_object('discount_code_id', code.id, 'uses_count', code.uses_count)
    from public.discount_codes code
    where code.uses_count <> (
        select count(*)
        from public.code_redemptions redemption
        where redemption.discount_code_id = code.id
            and redemption.status <> 'released'
    )

    union all
    select 'discounts_have_their_redemption', jsonb_build_object('booking_id', booking.id)
    from public.bookings booking
    where booking.discount_cents > 0
        and booking.credit_applied_cents = 0
        and booking.status in ('held', 'requested', 'confirmed', 'in_progress', 'completed')
        and booking.original_booking_id is null
        and not exists (select from public.code_redemptions redemption where redemption.booking_id = booking.id)

    union all
    select 'rewards_agree_with_the_ledger', jsonb_build_object('learner_id', account.owner_id, 'ledger_cents', -account.balance_cents)
    from private.ledger_accounts account
    where account.kind = 'learner_rewards'
        and -account.balance_cents <> (
            select coalesce(sum(reward.amount_cents - reward.clawed_back_cents), 0)
            from public.referral_rewards reward
            where reward.referrer_id = account.owner_id
                and reward.currency = account.currency
        ) - (
            select coalesce(sum(redemption.discount_cents), 0)
            from public.code_redemptions redemption
            where redemption.learner_id = account.owner_id
                and redemption.currency = account.currency
                and redemption.kind = 'reward'
                and redemption.status = 'redeemed'
        )

    union all
    select 'claims_are_those_of_open_disputes', jsonb_build_object('dispute_id', dispute.id, 'claim_cents', claim.cents)
    from public.disputes dispute
    cross join lateral (
        select coalesce(sum(entry.amount_cents), 0) as cents
        from private.ledger_transactions booked
        join private.ledger_entries entry on entry.transaction_id = booked.id
        join private.ledger_accounts account on account.id = entry.account_id
        where booked.source_type = 'dispute'
            and booked.source_id = dispute.id
            and account.kind = 'dispute_receivable'
    ) claim
    where claim.cents <> case dispute.status when 'lost' then 0 else dispute.withdrawn_cents end

    union all
    select 'money_for_nothing_goes_back', jsonb_build_object('payment_id', payment.id)
    from public.payments payment
    where payment.status = 'succeeded'
        and not payment.is_accepted
        and not payment.is_disputed
        and payment.lost_cents = 0
        and not exists (select from public.refunds refund where refund.payment_id = payment.id);
end;
$$;
