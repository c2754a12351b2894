create view private.stripe_ids_lead_to_their_rows
    with (security_invoker = true)
as
with held as (
    select 'payments' as table_name, payment.org_id, payment.id as row_id, given.stripe_id
    from public.payments payment
    cross join lateral unnest(array[payment.stripe_payment_intent_id, payment.stripe_charge_id]) given (stripe_id)
    union all
    select 'suspense_items' as table_name, item.org_id, item.id, given.stripe_id
    from private.suspense_items item
    cross join lateral unnest(array[item.stripe_payment_intent_id, item.stripe_charge_id]) given (stripe_id)
    union all
    select 'refunds' as table_name, refund.org_id, refund.id, refund.stripe_refund_id
    from public.refunds refund
    union all
    select 'disputes' as table_name, dispute.org_id, dispute.id, dispute.stripe_dispute_id
    from public.disputes dispute
    union all
    select 'stripe_connect_accounts' as table_name, account.org_id, account.id, account.stripe_account_id
    from public.stripe_connect_accounts account
    union all
    select 'payouts' as table_name, payout.org_id, payout.id, payout.stripe_transfer_id
    from public.payouts payout
    union all
    select 'unbooked_transfers' as table_name, transfer.org_id, transfer.id, transfer.stripe_transfer_id
    from private.unbooked_transfers transfer
    union all
    select 'bank_payouts' as table_name, sent.org_id, sent.id, sent.stripe_payout_id
    from public.bank_payouts sent
    union all
    select 'stripe_customers' as table_name, customer.org_id, customer.id, customer.stripe_customer_id
    from public.stripe_customers customer
)

select jsonb_build_object(
    'stripe_id', coalesce(held.stripe_id, known.id), 'holder', held.table_name, 'registered', known.table_name
) as detail
from (
    select each.*
    from held each
    where each.stripe_id is not null
) held
full join private.stripe_objects known on known.id = held.stripe_id
where (known.table_name, known.org_id, known.row_id) is distinct from (held.table_name, held.org_id, held.row_id)
    and not (
        coalesce(held.table_name in ('suspense_items', 'unbooked_transfers'), false)
        and coalesce(known.table_name in ('payments', 'payouts', 'suspense_items'), false)
    );

comment on view private.stripe_ids_lead_to_their_rows is
    'Every Stripe id that a row holds leads to that row, and every entry of the registry to a row that holds its id. An id in suspense '
    'leads to the payment, once that is known.';
