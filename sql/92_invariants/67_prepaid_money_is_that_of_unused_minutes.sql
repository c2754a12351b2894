create view private.prepaid_money_is_that_of_unused_minutes
    with (security_invoker = true)
as
with part as (
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
),

held as (
    select part.kind, part.currency, sum(part.cents)::bigint as cents
    from part
    group by part.kind, part.currency
),

posted as (
    select account.kind, account.currency, -sum(entry.amount_cents)::bigint as cents
    from private.ledger_accounts account
    join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
    where account.kind in ('learner_prepaid', 'deferred_fees', 'deferred_promotions')
    group by account.kind, account.currency
)

select jsonb_build_object(
    'kind', coalesce(held.kind, posted.kind), 'currency', coalesce(held.currency, posted.currency),
    'expected_cents', held.cents, 'ledger_cents', posted.cents
) as detail
from held
full join posted on posted.kind = held.kind and posted.currency = held.currency
where coalesce(held.cents, 0) <> coalesce(posted.cents, 0);

comment on view private.prepaid_money_is_that_of_unused_minutes is
    'The money of prepaid minutes in the ledger is that of minutes that are left or reserved.';
