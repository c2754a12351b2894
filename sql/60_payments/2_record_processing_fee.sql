-- Books what Stripe keeps of a payment, and when the rest can be transferred.
-- Definer: the jobs have no access to the tables.
create function private.record_processing_fee(p_payment_id uuid, p_balance_transaction jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payment public.payments;
begin
    select * into strict payment from public.payments where id = p_payment_id for no key update;

    if p_balance_transaction ->> 'currency' is distinct from payment.currency then
        perform private.refuse(
            'PT422', 'settlement_currency_differs',
            'Stripe settled this payment in another currency.',
            'Add a bank account in the payment''s currency to the Stripe account; there is no conversion here.'
        );
    end if;

    update public.payments
    set processing_fee_cents = (p_balance_transaction ->> 'fee')::bigint,
        funds_available_at = to_timestamp((p_balance_transaction ->> 'available_on')::bigint)
    where id = p_payment_id;

    perform private.post_transaction(
        'processing_fee', 'payment', p_payment_id, format('payment:%s:processing_fee', p_payment_id),
        payment.currency, private.clock(),
        array[
            row('processor_fees', null, (p_balance_transaction ->> 'fee')::bigint),
            row('stripe_balance', null, -(p_balance_transaction ->> 'fee')::bigint)
        ]::private.posting[]
    );
end;
$$;
