"""What is read after each step, in one round trip, while a second passes."""

# Rows come in the order in which they were made: the ids of the marketplace are counted.
READ = """
    with tick as (
        update private.test_clock set offset_interval = offset_interval + interval '1 second'
    ),

    lesson as (
        select
            learner_id,
            instructor_id,
            status,
            credit_minutes - coalesce(restored_minutes, 0) as minutes
        from public.bookings
        where credit_minutes > 0
            and not private.waits_for_its_original(bookings)
    ),

    lessons as (
        select
            learner_id,
            instructor_id,
            sum(minutes) filter (
                where status in ('held', 'requested', 'confirmed', 'in_progress')
            ) as reserved,
            sum(minutes) filter (where status in ('completed', 'no_show', 'cancelled')) as used
        from lesson
        group by learner_id, instructor_id
    ),

    lots as (
        select
            credit.learner_id,
            credit.instructor_id,
            sum(credit.minutes_reserved) as reserved,
            sum(credit.minutes_used - expired.minutes) as used
        from public.learner_credits credit
        cross join lateral (
            select coalesce(sum(minutes), 0) as minutes
            from public.credit_entries
            where credit_id = credit.id
                and kind = 'expire'
        ) expired
        group by credit.learner_id, credit.instructor_id
    )

    select
        private.clock() + interval '1 second' as now,
        (
            select coalesce(jsonb_agg(violation), '[]')
            from private.check_invariants() violation
        ) as violations,
        (
            select coalesce(sum(amount_cents), 0)::bigint from private.ledger_entries
        ) as ledger_cents,
        (
            select coalesce(jsonb_object_agg(currency, cents), '{}')
            from (
                select account.currency, sum(entry.amount_cents)::bigint as cents
                from private.ledger_entries entry
                join private.ledger_accounts account on account.id = entry.account_id
                where account.kind = 'stripe_balance'
                group by account.currency
            ) balance
        ) as stripe_cents,
        (
            select coalesce(jsonb_agg(jsonb_build_array(to_jsonb(lots), to_jsonb(lessons))), '[]')
            from lots
            full join lessons using (learner_id, instructor_id)
            where (coalesce(lots.reserved, 0), coalesce(lots.used, 0))
                <> (coalesce(lessons.reserved, 0), coalesce(lessons.used, 0))
        ) as minutes,
        (
            select coalesce(jsonb_agg(to_jsonb(row) order by row.id), '[]')
            from (
                select
                    id,
                    status,
                    learner_id,
                    instructor_id,
                    start_at,
                    end_at,
                    cancelled_at,
                    case
                        when private.waits_for_its_original(bookings) then 0
                        else credit_minutes - coalesce(restored_minutes, 0)
                    end as minutes
                from public.bookings
            ) row
        ) as bookings,
        (
            select coalesce(jsonb_agg(to_jsonb(row) order by row.id), '[]')
            from (select id, learner_id, created_at from public.orders) row
        ) as orders,
        (
            select coalesce(jsonb_agg(to_jsonb(item) || to_jsonb(earning)), '[]')
            from public.order_items item
            cross join lateral (
                select coalesce(sum(amount_cents), 0)::bigint as earned
                from public.earnings
                where item_id = item.id
            ) earning
            where item.kind = 'booking'
        ) as items,
        (
            select coalesce(jsonb_agg(to_jsonb(row) order by row.id), '[]')
            from (
                select id, status, learner_id, instructor_id from public.learner_credits
            ) row
        ) as credits,
        (
            select coalesce(jsonb_agg(to_jsonb(row) order by row.id), '[]')
            from (
                select id, status, captured_cents, currency, learner_id, instructor_id
                from public.payments
            ) row
        ) as payments,
        (
            select coalesce(jsonb_agg(to_jsonb(row) order by row.id), '[]')
            from (select id, status from public.refunds) row
        ) as refunds,
        (
            select coalesce(jsonb_agg(to_jsonb(row) order by row.id), '[]')
            from (
                select
                    id,
                    booking_id,
                    learner_id,
                    instructor_id,
                    no_show_by,
                    status,
                    evidence is not null as is_evidenced,
                    notified_at
                from public.lesson_claims
                where status in ('open', 'undecided')
            ) row
        ) as claims,
        (
            select coalesce(jsonb_agg(to_jsonb(row) order by row.id), '[]')
            from (select id, status, amount_cents as cents from public.payouts) row
        ) as payouts,
        (
            select coalesce(jsonb_agg(to_jsonb(row) order by row.id), '[]')
            from (
                select id, booking_id, resolved_at is null as is_open
                from public.problem_reports
                where resolved_at is null
                    or awaits_refund
            ) row
        ) as problems,
        (
            select count(*)
            from private.outbox
            where processed_at is null
                and dead_at is null
                and available_at <= private.clock()
        ) as commands,
        (
            select count(*) from public.earnings where status in ('pending', 'available')
        ) as earnings
"""

# What the books have of each person at the end, by person and currency.
READ_TOTALS = """
    with entry as (
        select
            account.kind::text as kind,
            account.owner_id,
            account.currency,
            entry.amount_cents,
            transaction.source_type,
            transaction.source_id
        from private.ledger_entries entry
        join private.ledger_accounts account on account.id = entry.account_id
        join private.ledger_transactions transaction on transaction.id = entry.transaction_id
    ),

    -- Of what was set aside only its intent is known.
    source as (
        select 'payment' as type, id, id::text as name from public.payments
        union all
        select 'refund', id, payment_id::text from public.refunds
        union all
        select 'dispute', id, payment_id::text from public.disputes
        union all
        select 'suspense_item', id, stripe_payment_intent_id from private.suspense_items
        union all
        select 'payout', id, payee_id::text from public.payouts
    ),

    moved as (
        select source.name, entry.currency, sum(entry.amount_cents)::bigint as cents
        from entry
        left join source on (source.type, source.id) = (entry.source_type, entry.source_id)
        where entry.kind = 'stripe_balance'
        group by source.name, entry.currency
    ),

    owed as (
        select owner_id, currency, -sum(amount_cents)::bigint as cents
        from entry
        where kind in ('instructor_pending', 'payee_payable', 'payout_in_transit')
        group by owner_id, currency
    ),

    prepaid as (
        select currency, -sum(amount_cents)::bigint as cents
        from entry
        where kind in ('learner_prepaid', 'deferred_fees', 'deferred_promotions')
        group by currency
    )

    select
        (select coalesce(jsonb_agg(to_jsonb(moved)), '[]') from moved) as moved,
        (select coalesce(jsonb_agg(to_jsonb(owed)), '[]') from owed) as owed,
        (select coalesce(jsonb_object_agg(currency, cents), '{}') from prepaid) as prepaid,
        (
            select coalesce(jsonb_agg(to_jsonb(lot)), '[]')
            from public.learner_credits lot
            where activated_at is not null
        ) as lots
"""
