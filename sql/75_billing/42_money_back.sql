-- The payment of an invoice that an object of Stripe is about: a PaymentIntent, or a charge, refund or dispute of one. Null if it is none.
create function private.invoice_payment_of(p_object jsonb)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select paid.id
        from public.invoice_payments paid
        where paid.stripe_payment_intent_id in (p_object ->> 'id', private.expandable_id(p_object -> 'payment_intent'))
            or paid.stripe_charge_id in (p_object ->> 'id', private.expandable_id(p_object -> 'charge'))
        order by paid.id
        limit 1
    );
end;
$$;

-- Applies an event about the money of an invoice: refunds and disputes are posted, warnings are told, and the PaymentIntent itself says
-- nothing that the invoice's payment does not. 85_webhooks asks it before payments of lessons are looked for.
create function private.apply_invoice_money(p_invoice_payment_id uuid, p_object jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.invoice_payments;
begin
    select * into strict payment from public.invoice_payments where id = p_invoice_payment_id for no key update;
    return case p_object ->> 'object'
        when 'refund' then private.apply_invoice_refund(payment, p_object, p_occurred_at)
        when 'dispute' then private.apply_invoice_dispute(payment, p_object, p_occurred_at)
        when 'radar.early_fraud_warning' then private.apply_invoice_fraud_warning(payment, p_object)
        else row('processed', 'of_an_invoice')::private.stripe_outcome
    end;
end;
$$;

-- Applies a refund of what was paid for an invoice. It only moves forward, as refunds of lessons do.
create function private.apply_invoice_refund(p_payment public.invoice_payments, p_refund jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.refund_status := replace(p_refund ->> 'status', 'canceled', 'cancelled');
    refund private.invoice_refunds;
begin
    insert into private.invoice_refunds (org_id, stripe_refund_id, invoice_payment_id, amount_cents, status)
    values (p_payment.org_id, p_refund ->> 'id', p_payment.id, (p_refund ->> 'amount')::bigint, 'pending')
    on conflict (org_id, stripe_refund_id) do nothing;
    select * into strict refund from private.invoice_refunds where org_id = p_payment.org_id and stripe_refund_id = p_refund ->> 'id';
    if new_status <= refund.status then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    if new_status = 'succeeded' then
        perform private.post_invoice_refund(p_payment, refund, 'succeeded', 1, p_occurred_at);
    elsif refund.status = 'succeeded' then
        perform private.post_invoice_refund(p_payment, refund, 'failed', -1, p_occurred_at);
    end if;
    update private.invoice_refunds
    set status = new_status
    where org_id = refund.org_id
        and stripe_refund_id = refund.stripe_refund_id;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Posts a refund (p_sign 1) or its reversal (-1).
create function private.post_invoice_refund(
    p_payment public.invoice_payments,
    p_refund private.invoice_refunds,
    p_step text,
    p_sign integer,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.post_transaction(
        p_payment.org_id, 'invoice_refund_' || p_step, 'invoice_payment', p_payment.id,
        format('invoice_refund:%s:%s', p_refund.stripe_refund_id, p_step), p_payment.currency, p_occurred_at,
        array[
            row('stripe_balance', null, -p_sign * p_refund.amount_cents),
            row('subscription_revenue', null, p_sign * p_refund.amount_cents)
        ]::private.posting[]
    );
    update public.invoice_payments
    set refunded_cents = refunded_cents + p_sign * p_refund.amount_cents
    where org_id = p_payment.org_id
        and id = p_payment.id;
end;
$$;

-- Applies a dispute over what was paid for an invoice: posts each of its balance transactions once, whatever order its events come in. The
-- platform's admins are told when it needs a response. What it gives back of what was withdrawn from is refunded.
create function private.apply_invoice_dispute(p_payment public.invoice_payments, p_dispute jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    moved record;
    reinstated_cents bigint := 0;
    payment public.invoice_payments;
begin
    for moved in
        select given.id, given.amount, given.fee
        from jsonb_to_recordset(p_dispute -> 'balance_transactions') given (id text, amount bigint, fee bigint)
        order by given.id
    loop
        if private.post_transaction(
            p_payment.org_id, 'invoice_dispute', 'invoice_payment', p_payment.id, format('invoice_dispute:%s', moved.id),
            p_payment.currency, p_occurred_at,
            array[
                row('stripe_balance', null, moved.amount - moved.fee),
                row('dispute_fees', null, moved.fee),
                row('subscription_revenue', null, -moved.amount)
            ]::private.posting[]
        ) then
            update public.invoice_payments
            set disputed_cents = disputed_cents - moved.amount
            where org_id = p_payment.org_id
                and id = p_payment.id;
            reinstated_cents := reinstated_cents + moved.amount;
        end if;
    end loop;
    if reinstated_cents > 0 then
        select * into strict payment from public.invoice_payments where org_id = p_payment.org_id and id = p_payment.id;
        perform private.refund_reinstated(payment, p_dispute ->> 'id', reinstated_cents);
    end if;
    if p_dispute ->> 'status' in ('warning_needs_response', 'needs_response') then
        perform private.raise_alert(
            p_payment.org_id, null, 'dispute_' || (p_dispute ->> 'status'),
            'A subscriber''s bank disputes what was paid for an invoice. Submit evidence in Stripe''s Dashboard.',
            'invoice_payments', p_payment.id, format('dispute:%s:%s', p_dispute ->> 'id', p_dispute ->> 'status')
        );
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Alerts the platform's admins to a bank's early fraud warning, so that they may refund what was paid before it is disputed.
create function private.apply_invoice_fraud_warning(p_payment public.invoice_payments, p_warning jsonb)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.raise_alert(
        p_payment.org_id, null, 'fraud_warning',
        'A subscriber''s bank reports what was paid for an invoice as possible fraud. Refunding it now may prevent a dispute.',
        'invoice_payments', p_payment.id, format('invoice_payment:%s:fraud_warning:%s', p_payment.id, p_warning ->> 'id')
    );
    return row('processed', null)::private.stripe_outcome;
end;
$$;
