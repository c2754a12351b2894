create view private.subscription_revenue_is_what_was_received
    with (security_invoker = true)
as
with booked as (
    select account.currency, -sum(entry.amount_cents)::bigint as cents
    from private.ledger_accounts account
    join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
    where account.kind = 'subscription_revenue'
    group by account.currency
),

received as (
    select moved.currency, sum(moved.cents)::bigint as cents
    from (
        select paid.currency, paid.amount_paid_cents - paid.refunded_cents - paid.disputed_cents as cents
        from public.invoice_payments paid
        where paid.status = 'paid'
            and paid.stripe_payment_record_id is null
        union all
        select invoice.currency, invoice.paid_outside_cents
        from public.invoices invoice
    ) moved
    group by moved.currency
)

select jsonb_build_object(
    'currency', coalesce(booked.currency, received.currency), 'ledger_cents', booked.cents, 'received_cents', received.cents
) as detail
from booked
full join received on received.currency = booked.currency
where coalesce(booked.cents, 0) <> coalesce(received.cents, 0);

comment on view private.subscription_revenue_is_what_was_received is
    'The revenue of subscriptions is what was paid for invoices, through Stripe and outside it, less refunds and disputes.';
