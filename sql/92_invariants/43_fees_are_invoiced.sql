create view private.fees_are_invoiced
    with (security_invoker = true)
as
with revenue as (
    select account.currency, -sum(entry.amount_cents)::bigint as cents
    from private.ledger_accounts account
    join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
    where account.kind = 'platform_fees'
    group by account.currency
),

accounted as (
    select documented.currency, sum(documented.cents)::bigint as cents
    from (
        select document.currency, case document.kind when 'invoice' then document.fee_cents else -document.fee_cents end as cents
        from public.fee_invoices document
        union all
        select entry.currency, -entry.amount_cents as cents
        from private.uninvoiced_fees waiting
        join private.ledger_entries entry on entry.org_id = waiting.org_id and entry.id = waiting.entry_id
    ) documented
    group by documented.currency
)

select jsonb_build_object(
    'currency', coalesce(revenue.currency, accounted.currency), 'ledger_cents', revenue.cents, 'invoiced_cents', accounted.cents
) as detail
from revenue
full join accounted on accounted.currency = revenue.currency
where coalesce(revenue.cents, 0) <> coalesce(accounted.cents, 0);

comment on view private.fees_are_invoiced is
    'The revenue of fees is what was invoiced less what was credited, and what waits for an invoice or is kept of own sales.';
