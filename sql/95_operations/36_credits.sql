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
            coalesce(sum(case entry.kind when 'consume' then 1 when 'expire' then 1 when 'give_back' then -1 else 0 end * entry.minutes), 0) as used,
            coalesce(sum(case entry.kind when 'refund' then 1 when 'dispute' then 1 when 'refund_failed' then -1 when 'dispute_reversed' then -1 else 0 end * entry.minutes), 0) as refunded
        from public.credit_entries entry
        where entry.credit_id = credit.id
    ) moved on true
    where (credit.minutes_reserved, credit.minutes_used, credit.minutes_refunded)
        is distinct from (moved.reserved, moved.used, moved.refunded)

    union all
    select 'minutes_are_reserved_for_lessons_ahead', jsonb_build_object('booking_id', booking.id, 'status', booking.status)
    from public.bookings booking
    where booking.credit_minutes > 0
        and not private.waits_for_its_original(booking)
        and (booking.status in ('held', 'requested', 'confirmed', 'in_progress')) <> exists (
            select from private.reserved_credit(booking.id)
        )

    union all
    select 'prepaid_money_is_that_of_unused_minutes', jsonb_build_object(
        'kind', coalesce(held.kind, posted.kind), 'currency', coalesce(held.currency, posted.currency),
        'expected_cents', held.cents, 'ledger_cents', posted.cents
    )
    from (
        select part.kind, part.currency, sum(part.cents)::bigint as cents
        from (
            select line.kind, item.currency, line.cents
            from public.order_items item
            cross join lateral private.item_books(item) books
            cross join lateral (
                values
                    ('learner_prepaid'::private.ledger_account_kind, books.prepaid_share_cents),
                    ('deferred_fees', books.prepaid_fee_cents),
                    ('deferred_promotions', -books.prepaid_discount_cents)
            ) line (kind, cents)
            union all
            select line.kind, lot.currency, line.cents
            from public.learner_credits lot
            join public.order_items item on item.org_id = lot.org_id and item.credit_id = lot.id and item.is_paid
            cross join lateral private.next_credit_part(lot, lot.minutes_left) unused
            cross join lateral (
                values
                    ('learner_prepaid'::private.ledger_account_kind, unused.share_cents),
                    ('deferred_fees', unused.fee_cents),
                    ('deferred_promotions', -unused.discount_cents)
            ) line (kind, cents)
        ) part
        group by part.kind, part.currency
    ) held
    full join (
        select account.kind, account.currency, -sum(entry.amount_cents)::bigint as cents
        from private.ledger_accounts account
        join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
        where account.kind in ('learner_prepaid', 'deferred_fees', 'deferred_promotions')
        group by account.kind, account.currency
    ) posted on posted.kind = held.kind and posted.currency = held.currency
    where coalesce(held.cents, 0) <> coalesce(posted.cents, 0);
end;
$$;
