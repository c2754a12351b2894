create view private.pending_agrees_with_payments_and_earnings
    with (security_invoker = true)
as
select jsonb_build_object(
    'instructor_id', owed.instructor_id, 'currency', owed.currency,
    'expected_cents', owed.amount_cents, 'ledger_cents', owed.ledger_cents
) as detail
from (
    select
        coalesce(account.owner_id, expected.instructor_id) as instructor_id,
        coalesce(account.currency, expected.currency) as currency,
        coalesce(expected.amount_cents, 0) as amount_cents,
        -coalesce(account.balance_cents, 0) as ledger_cents
    from (
        select owner_id, currency, balance_cents
        from private.ledger_accounts
        where kind = 'instructor_pending'
    ) account
    full join (
        select part.instructor_id, part.currency, sum(part.amount_cents)::bigint as amount_cents
        from (
            select item.instructor_id, item.currency, books.share_cents as amount_cents
            from public.order_items item
            cross join lateral private.item_books(item) books
            union all
            select entry.instructor_id, lot.currency, least(entry.share_cents, private.entry_cents(entry)) as amount_cents
            from public.credit_entries entry
            join public.learner_credits lot on lot.org_id = entry.org_id and lot.id = entry.credit_id
            where entry.kind = 'expire'
            union all
            select earning.instructor_id, earning.currency, -earning.amount_cents as amount_cents
            from public.earnings earning
            where earning.status in ('available', 'paid', 'closed')
                and earning.reversed_payout_id is null
                and earning.adopted_transfer_id is null
                and earning.fee_plan_id is null
                and earning.kind <> 'write_off'
        ) part
        group by part.instructor_id, part.currency
    ) expected on expected.instructor_id = account.owner_id and expected.currency = account.currency
) owed
where owed.amount_cents <> owed.ledger_cents;

comment on view private.pending_agrees_with_payments_and_earnings is
    'What the ledger owes an instructor for later is what their items come to, less what was made payable.';
