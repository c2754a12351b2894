-- Sets money aside that matches no payment: as an item of its own, posted to suspense once a PaymentIntent, with a command that asks
-- Stripe for its fee. Returns false if no money came. What leaves suspense is in 25_suspense_returns.sql and in 63_suspense.
create function private.post_to_suspense(p_org_id uuid, p_payment_id uuid, p_intent jsonb, p_occurred_at timestamptz)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item private.suspense_items;
begin
    if coalesce((p_intent ->> 'amount_received')::bigint, 0) = 0 then
        return false;
    end if;
    insert into private.suspense_items (
        org_id, payment_id, stripe_payment_intent_id, stripe_charge_id, currency, amount_cents
    )
    values (
        p_org_id, p_payment_id, p_intent ->> 'id', private.expandable_id(p_intent -> 'latest_charge'),
        lower(p_intent ->> 'currency'), (p_intent ->> 'amount_received')::bigint
    )
    on conflict (stripe_payment_intent_id, org_id) do nothing
    returning * into item;
    if not found then
        return true;
    end if;

    perform private.post_transaction(
        item.org_id, 'unmatched_money', 'suspense_item', item.id, format('suspense_item:%s:received', item.id),
        item.currency, p_occurred_at,
        array[
            row('stripe_balance', null, item.amount_cents),
            row('suspense', null, -item.amount_cents)
        ]::private.posting[]
    );
    perform private.enqueue_command(
        item.org_id, 'fetch_processing_fee', format('suspense_item:%s:processing_fee', item.id),
        jsonb_build_object(
            'suspense_item_id', item.id, 'payment_intent', item.stripe_payment_intent_id, 'charge', item.stripe_charge_id
        )
    );
    return true;
end;
$$;

-- Turns the refunds of a payment that were posted before its money was known to be of another amount into refunds from suspense.
create function private.move_refunds_to_suspense(p_payment public.payments, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
begin
    for refund in
        select made.*
        from public.refunds made
        where made.org_id = p_payment.org_id
            and made.payment_id = p_payment.id
            and made.status = 'succeeded'
            and made.unmatched_cents = 0
        order by made.id
        for no key update
    loop
        perform private.post_transaction(
            refund.org_id, 'refund_from_suspense', 'refund', refund.id, format('refund:%s:from_suspense', refund.id),
            refund.currency, p_occurred_at,
            array[
                row('refunds_due', null, -refund.amount_cents),
                row('suspense', null, refund.amount_cents)
            ]::private.posting[]
        );
        update public.refunds
        set unmatched_cents = amount_cents
        where org_id = refund.org_id
            and id = refund.id;
    end loop;
    update public.payments set refunded_cents = 0 where org_id = p_payment.org_id and id = p_payment.id and refunded_cents > 0;
end;
$$;

-- Reverses what was received, and its fee, once the PaymentIntent's payment is known; does nothing if none of it was set aside. Money that
-- another organization set aside, mostly the platform, stays where it was received, and is owed to the payment's organization.
create function private.release_from_suspense(p_payment public.payments, p_intent jsonb, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item private.suspense_items;
    net_cents bigint;
    is_own boolean;
begin
    update private.suspense_items
    set resolution = 'payment',
        resolved_at = private.clock()
    where stripe_payment_intent_id = p_intent ->> 'id'
        and resolution is distinct from 'payment'
    returning * into item;
    if not found then
        return;
    end if;

    net_cents := item.amount_cents - coalesce(item.processing_fee_cents, 0);
    is_own := item.org_id = p_payment.org_id;
    perform private.post_transaction(
        item.org_id, 'unmatched_money_matched', 'suspense_item', item.id, format('suspense_item:%s:matched', item.id),
        item.currency, p_occurred_at,
        array[
            row(case when is_own then 'stripe_balance' else 'interorganization' end, null, -net_cents),
            row('processor_fees', null, -coalesce(item.processing_fee_cents, 0)),
            row('suspense', null, item.amount_cents)
        ]::private.posting[]
    );
    if not is_own then
        perform private.post_transaction(
            p_payment.org_id, 'received_elsewhere', 'payment', p_payment.id, format('payment:%s:received_elsewhere', p_payment.id),
            item.currency, p_occurred_at,
            array[
                row('interorganization', null, net_cents),
                row('stripe_balance', null, -net_cents)
            ]::private.posting[]
        );
    end if;
end;
$$;

-- Posts Stripe's fee for money in suspense. The jobs call it. Nothing is posted once the money's payment is known: the fee is
-- fetched for that payment.
-- Definer: the jobs have no access to the tables.
create function private.record_suspense_fee(p_suspense_item_id uuid, p_balance_transactions jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    item private.suspense_items;
begin
    select * into strict item from private.suspense_items where id = p_suspense_item_id for no key update;
    if item.resolution = 'payment' then
        return;
    end if;

    update private.suspense_items
    set processing_fee_cents = coalesce(processing_fee_cents, 0)
        + private.post_processing_fees(item.org_id, 'suspense_item', item.id, item.currency, p_balance_transactions)
    where org_id = item.org_id
        and id = item.id;
end;
$$;
