-- Applies a payment of an invoice from a Stripe event or fetch, and posts it once it is paid: as revenue when it is received, beside its
-- fee, which the jobs then fetch. It waits until its invoice is known.
create function private.apply_invoice_payment(p_paid jsonb, p_occurred_at timestamptz, p_is_fetched boolean)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.invoice_payment_status := p_paid ->> 'status';
    invoice public.invoices;
    payment public.invoice_payments;
begin
    select * into invoice
    from public.invoices
    where org_id = private.platform_id()
        and stripe_invoice_id = private.expandable_id(p_paid -> 'invoice')
    for no key update;
    if not found then
        return row('parked', 'unknown_invoice')::private.stripe_outcome;
    end if;
    if not private.is_news(
        p_paid, p_occurred_at, array_position(enum_range(null::public.invoice_payment_status), new_status), p_is_fetched
    ) then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    insert into public.invoice_payments (
        org_id, invoice_id, user_id, stripe_invoice_payment_id, stripe_payment_intent_id, stripe_charge_id, stripe_payment_record_id,
        status, currency, amount_requested_cents, amount_paid_cents, paid_at
    )
    values (
        invoice.org_id, invoice.id, invoice.user_id, p_paid ->> 'id', private.expandable_id(p_paid #> '{payment,payment_intent}'),
        private.expandable_id(p_paid #> '{payment,charge}'), private.expandable_id(p_paid #> '{payment,payment_record}'), new_status,
        p_paid ->> 'currency', (p_paid ->> 'amount_requested')::bigint, coalesce((p_paid ->> 'amount_paid')::bigint, 0),
        to_timestamp((p_paid #>> '{status_transitions,paid_at}')::bigint)
    )
    on conflict (org_id, stripe_invoice_payment_id) do update
        set stripe_payment_intent_id = excluded.stripe_payment_intent_id,
            stripe_charge_id = coalesce(excluded.stripe_charge_id, invoice_payments.stripe_charge_id),
            stripe_payment_record_id = excluded.stripe_payment_record_id,
            status = excluded.status,
            amount_requested_cents = excluded.amount_requested_cents,
            amount_paid_cents = excluded.amount_paid_cents,
            paid_at = excluded.paid_at
    returning * into payment;
    if payment.status = 'paid' and payment.stripe_payment_record_id is null then
        perform private.post_invoice_payment(payment, p_occurred_at);
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Posts what was received for an invoice through Stripe, once. What was set aside of it before it was known to be an invoice's is taken
-- back from suspense.
create function private.post_invoice_payment(p_payment public.invoice_payments, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not private.post_transaction(
        p_payment.org_id, 'invoice_paid', 'invoice_payment', p_payment.id, format('invoice_payment:%s:paid', p_payment.id),
        p_payment.currency, p_occurred_at,
        array[
            row('stripe_balance', null, p_payment.amount_paid_cents),
            row('subscription_revenue', null, -p_payment.amount_paid_cents)
        ]::private.posting[]
    ) then
        return;
    end if;
    perform private.enqueue_command(
        p_payment.org_id, 'fetch_processing_fee', format('invoice_payment:%s:processing_fee', p_payment.id),
        jsonb_build_object(
            'invoice_payment_id', p_payment.id,
            'payment_intent', p_payment.stripe_payment_intent_id,
            'charge', p_payment.stripe_charge_id
        )
    );
    perform private.take_back_from_suspense(p_payment, p_occurred_at);
    perform private.refund_if_withdrawn(p_payment);
end;
$$;

-- Reverses what was set aside of an invoice's PaymentIntent, with its fee.
create function private.take_back_from_suspense(p_payment public.invoice_payments, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item private.suspense_items;
begin
    update private.suspense_items
    set resolution = 'payment',
        resolved_at = private.clock()
    where org_id = p_payment.org_id
        and stripe_payment_intent_id = p_payment.stripe_payment_intent_id
        and resolution is distinct from 'payment'
    returning * into item;
    if not found then
        return;
    end if;
    perform private.post_transaction(
        item.org_id, 'unmatched_money_matched', 'suspense_item', item.id, format('suspense_item:%s:matched', item.id),
        item.currency, p_occurred_at,
        array[
            row('stripe_balance', null, coalesce(item.processing_fee_cents, 0) - item.amount_cents),
            row('processor_fees', null, -coalesce(item.processing_fee_cents, 0)),
            row('suspense', null, item.amount_cents)
        ]::private.posting[]
    );
end;
$$;

-- Posts Stripe's fee of what was paid for an invoice, each balance transaction once, and notes the charge, which invoices do not name: by
-- it the reconciliation finds what Stripe moved. The jobs call it.
-- Definer: the jobs have no access to the tables.
create function private.record_invoice_fee(p_invoice_payment_id uuid, p_balance_transactions jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.invoice_payments;
begin
    select * into strict payment from public.invoice_payments where id = p_invoice_payment_id for no key update;
    update public.invoice_payments
    set processing_fee_cents = coalesce(processing_fee_cents, 0)
            + private.post_processing_fees(payment.org_id, 'invoice_payment', payment.id, payment.currency, p_balance_transactions),
        stripe_charge_id = coalesce(stripe_charge_id, private.expandable_id(p_balance_transactions #> '{0,source}'))
    where org_id = payment.org_id
        and id = payment.id;
end;
$$;
