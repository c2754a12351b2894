create view private.transit_agrees_with_unsettled_payouts
    with (security_invoker = true)
as
select jsonb_build_object(
    'payee_id', transit.payee_id, 'payouts_cents', transit.amount_cents, 'ledger_cents', transit.ledger_cents
) as detail
from (
    select
        coalesce(account.owner_id, unsettled.payee_id) as payee_id,
        coalesce(unsettled.amount_cents, 0) as amount_cents,
        -coalesce(account.balance_cents, 0) as ledger_cents
    from (
        select owner_id, currency, balance_cents
        from private.ledger_accounts
        where kind = 'payout_in_transit'
    ) account
    full join (
        select payout.payee_id, payout.currency, sum(payout.amount_cents)::bigint as amount_cents
        from public.payouts payout
        where payout.status not in ('paid', 'reversed', 'cancelled')
        group by payout.payee_id, payout.currency
    ) unsettled on unsettled.payee_id = account.owner_id and unsettled.currency = account.currency
) transit
where transit.amount_cents <> transit.ledger_cents;

comment on view private.transit_agrees_with_unsettled_payouts is
    'What the ledger has in transit is the sum of the payouts that are neither paid nor cancelled.';
