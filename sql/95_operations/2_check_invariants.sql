-- What must always be true, as far as SQL can know: one row a violation, none in health.
-- Definer: the jobs have no access to the tables.
create function private.check_invariants()
    returns table (invariant text, detail jsonb)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select 'ledger_transactions_sum_to_zero', jsonb_build_object('transaction_id', booked.id, 'kind', booked.kind)
    from private.ledger_transactions booked
    left join private.ledger_entries entry on entry.transaction_id = booked.id
    group by booked.id
    having count(entry.id) < 2 or sum(entry.amount_cents) <> 0

    union all
    select 'balances_are_sums_of_entries', jsonb_build_object('account_id', account.id, 'balance_cents', account.balance_cents)
    from private.ledger_accounts account
    left join private.ledger_entries entry on entry.account_id = account.id
    where account.owner_id is not null
    group by account.id
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
    group by payment.id
    having sum(refund.amount_cents) filter (where refund.status in ('pending', 'requires_action', 'succeeded')) > payment.captured_cents
        or coalesce(sum(refund.amount_cents) filter (where refund.status = 'succeeded'), 0) <> payment.refunded_cents

    union all
    select 'paid_bookings_are_confirmed_or_refunded', jsonb_build_object('booking_id', booking.id, 'status', booking.status)
    from public.bookings booking
    where booking.status in ('confirmed', 'in_progress', 'completed')
        and booking.due_cents > 0
        and not exists (
            select from public.payments payment where payment.booking_id = booking.id and payment.status = 'succeeded'
        )

    union all
    select 'money_of_unconfirmed_bookings_goes_back', jsonb_build_object('payment_id', payment.id)
    from public.payments payment
    join public.bookings booking on booking.id = payment.booking_id
    where payment.status = 'succeeded'
        and booking.status in ('held', 'requested', 'expired', 'declined')
        and not exists (select from public.refunds refund where refund.payment_id = payment.id)

    union all
    select 'seats_are_counted', jsonb_build_object('slot_id', slot.id, 'current_bookings', slot.current_bookings)
    from public.bookable_slots slot
    left join public.bookings booking on booking.slot_id = slot.id and private.occupies_slot(booking.status)
    group by slot.id
    having count(booking.id) <> slot.current_bookings

    union all
    select 'taken_slots_are_in_the_calendar', jsonb_build_object('slot_id', slot.id)
    from public.bookable_slots slot
    where (slot.current_bookings > 0) <> exists (
        select from private.instructor_calendar calendar where calendar.slot_id = slot.id
    )

    union all
    select 'completed_lessons_are_earned', jsonb_build_object('booking_id', booking.id)
    from public.bookings booking
    where booking.status = 'completed'
        and booking.instructor_share_cents > 0
        and not exists (select from public.earnings earning where earning.booking_id = booking.id)
        and not exists (select from public.payments payment where payment.booking_id = booking.id and payment.refunded_cents > 0)

    union all
    select 'payouts_are_sums_of_their_items', jsonb_build_object('payout_id', payout.id, 'amount_cents', payout.amount_cents)
    from public.payouts payout
    left join public.payout_items item on item.payout_id = payout.id
    group by payout.id
    having payout.amount_cents <> coalesce(sum(item.amount_cents), 0)

    union all
    select 'payout_items_are_their_earnings', jsonb_build_object('payout_id', item.payout_id, 'earning_id', item.earning_id)
    from public.payout_items item
    join public.earnings earning on earning.id = item.earning_id
    where item.amount_cents <> earning.amount_cents

    union all
    select 'payouts_are_posted_once', jsonb_build_object('payout_id', payout.id, 'status', payout.status)
    from public.payouts payout
    where (payout.status in ('paid', 'reversed')) <> exists (
        select
        from private.ledger_transactions booked
        where booked.idempotency_key = format('payout:%s:paid', payout.id)
    )

    union all
    select 'earnings_agree_with_the_ledger', jsonb_build_object(
        'payee_id', owed.payee_id, 'currency', owed.currency, 'earnings_cents', owed.amount_cents, 'ledger_cents', owed.ledger_cents
    )
    from (
        select
            coalesce(payable.owner_id, open_earning.payee_id) as payee_id,
            coalesce(payable.currency, open_earning.currency) as currency,
            coalesce(open_earning.amount_cents, 0) as amount_cents,
            -coalesce(payable.balance_cents, 0) as ledger_cents
        from (select * from private.ledger_accounts where kind = 'payee_payable') payable
        full join (
            select earning.payee_id, earning.currency, sum(earning.amount_cents)::bigint as amount_cents
            from public.earnings earning
            where earning.status = 'available'
                and earning.payout_id is null
            group by earning.payee_id, earning.currency
        ) open_earning on open_earning.payee_id = payable.owner_id and open_earning.currency = payable.currency
    ) owed
    where owed.amount_cents <> owed.ledger_cents

    union all
    select 'transit_agrees_with_unsettled_payouts', jsonb_build_object(
        'payee_id', transit.payee_id, 'payouts_cents', transit.amount_cents, 'ledger_cents', transit.ledger_cents
    )
    from (
        select
            coalesce(account.owner_id, unsettled.payee_id) as payee_id,
            coalesce(unsettled.amount_cents, 0) as amount_cents,
            -coalesce(account.balance_cents, 0) as ledger_cents
        from (select * from private.ledger_accounts where kind = 'payout_in_transit') account
        full join (
            select payout.payee_id, payout.currency, sum(payout.amount_cents)::bigint as amount_cents
            from public.payouts payout
            where payout.status not in ('paid', 'reversed', 'cancelled')
            group by payout.payee_id, payout.currency
        ) unsettled on unsettled.payee_id = account.owner_id and unsettled.currency = account.currency
    ) transit
    where transit.amount_cents <> transit.ledger_cents

    union all
    select 'acknowledged_events_are_settled', jsonb_build_object('event_id', event.event_id)
    from private.webhook_events event
    where event.status = 'received'
        and event.received_at < private.clock() - interval '1 minute'

    union all
    select 'leases_end', jsonb_build_object('outbox_id', command.id)
    from private.outbox command
    where command.leased_until < private.clock() - interval '1 day'

    union all
    select 'rows_are_audited', jsonb_build_object('entity_type', 'bookings', 'entity_id', booking.id)
    from public.bookings booking
    where not exists (
        select
        from public.audit_logs entry
        where entry.entity_type = 'bookings'
            and entry.entity_id = booking.id::text
            and entry.action = 'insert'
    );
$$;

comment on function private.check_invariants is 'One row a violation, with the ids to look at; zero rows in health.';
