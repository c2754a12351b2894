-- Posts Stripe's fee for a payment, and records when the money can be transferred. Stripe books several balance transactions for one
-- payment (a partial capture is booked as the whole and a reversal of the rest), some of them late: each is posted once.
-- Definer: the jobs have no access to the tables.
create function private.record_processing_fee(p_payment_id uuid, p_balance_transactions jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
begin
    select * into strict payment from public.payments where id = p_payment_id for no key update;

    update public.payments
    set processing_fee_cents = coalesce(processing_fee_cents, 0)
            + private.post_processing_fees(payment.org_id, 'payment', payment.id, payment.currency, p_balance_transactions),
        funds_available_at = greatest(
            funds_available_at,
            (
                select to_timestamp(max(given.available_on))
                from jsonb_to_recordset(p_balance_transactions) given (available_on bigint)
            )
        )
    where org_id = payment.org_id
        and id = payment.id;
end;
$$;

-- Has Stripe's fee of a payment fetched when its charge has changed: Stripe may have booked more of it by then. A command that still
-- waits is carried out now; after one that is finished there is another, one for each balance transaction that the charge names.
create function private.fetch_fee_of_charge(p_charge jsonb)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    known constant private.stripe_objects := private.stripe_row('payments', p_charge ->> 'id');
    payment public.payments;
    first_key text;
begin
    select * into payment
    from public.payments
    where org_id = known.org_id
        and id = known.row_id
        and status = 'succeeded';
    if not found or private.expandable_id(p_charge -> 'balance_transaction') is null then
        return;
    end if;

    first_key := format('payment:%s:processing_fee', payment.id);
    update private.outbox
    set available_at = least(available_at, private.clock())
    where org_id = payment.org_id
        and idempotency_key = first_key
        and num_nonnulls(processed_at, dead_at, leased_by) = 0;
    if not found then
        perform private.enqueue_command(
            payment.org_id, 'fetch_processing_fee',
            format('%s:%s', first_key, private.expandable_id(p_charge -> 'balance_transaction')),
            jsonb_build_object(
                'payment_id', payment.id,
                'payment_intent', payment.stripe_payment_intent_id,
                'charge', payment.stripe_charge_id
            )
        );
    end if;
end;
$$;

-- Posts the fees of a payment's or suspense item's balance transactions, each once, and returns the sum of those that are new.
create function private.post_processing_fees(
    p_org_id uuid,
    p_source_type text,
    p_source_id uuid,
    p_currency text,
    p_balance_transactions jsonb
)
    returns bigint
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    given record;
    new_cents bigint := 0;
begin
    for given in
        select told.id, told.fee, told.currency
        from jsonb_to_recordset(p_balance_transactions) told (id text, fee bigint, currency text)
        order by told.id
    loop
        if given.currency is distinct from p_currency then
            perform private.refuse(
                'PT422', 'settlement_currency_differs',
                'Stripe settled this payment in another currency.',
                'Add a bank account in the payment''s currency to the Stripe account; amounts are not converted here.'
            );
        end if;
        if private.post_transaction(
            p_org_id, 'processing_fee', p_source_type, p_source_id,
            format('%s:%s:processing_fee:%s', p_source_type, p_source_id, given.id),
            p_currency, private.clock(),
            array[
                row('processor_fees', null, given.fee),
                row('stripe_balance', null, -given.fee)
            ]::private.posting[]
        ) then
            new_cents := new_cents + given.fee;
        end if;
    end loop;
    return new_cents;
end;
$$;
