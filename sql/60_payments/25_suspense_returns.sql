-- Money that matches no payment goes back: a refund made in Stripe's Dashboard takes it from suspense, and so does a dispute. They have
-- no rows in public.refunds and public.disputes, which belong to payments. apply_refund and apply_dispute (62_disputes) call these
-- functions when they know no payment.

-- Applies a refund of money in suspense. It only moves forward, as refunds of payments do.
create function private.apply_refund_to_suspense(p_refund jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.refund_status := replace(p_refund ->> 'status', 'canceled', 'cancelled');
    known constant private.stripe_objects := private.stripe_row('suspense_items', private.expandable_id(p_refund -> 'payment_intent'));
    item private.suspense_items;
    refund private.suspense_refunds;
begin
    select * into item
    from private.suspense_items
    where org_id = known.org_id
        and id = known.row_id
    for no key update;
    if not found then
        return row('parked', 'unknown_payment')::private.stripe_outcome;
    end if;
    if lower(p_refund ->> 'currency') is distinct from item.currency then
        return row('parked', 'settlement_currency_differs')::private.stripe_outcome;
    end if;

    insert into private.suspense_refunds (org_id, stripe_refund_id, suspense_item_id, amount_cents, status)
    values (item.org_id, p_refund ->> 'id', item.id, (p_refund ->> 'amount')::bigint, 'pending')
    on conflict (org_id, stripe_refund_id) do nothing;
    select * into strict refund from private.suspense_refunds where org_id = item.org_id and stripe_refund_id = p_refund ->> 'id';
    if new_status <= refund.status then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    if new_status = 'succeeded' then
        perform private.post_suspense_refund(item, refund, 'succeeded', 1, p_occurred_at);
    elsif refund.status = 'succeeded' then
        perform private.post_suspense_refund(item, refund, 'failed', -1, p_occurred_at);
    end if;
    update private.suspense_refunds
    set status = new_status
    where org_id = refund.org_id
        and stripe_refund_id = refund.stripe_refund_id;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Posts a refund of money in suspense (p_sign 1) or its reversal (-1).
create function private.post_suspense_refund(
    p_item private.suspense_items,
    p_refund private.suspense_refunds,
    p_step text,
    p_sign integer,
    p_occurred_at timestamptz
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.post_transaction(
        p_item.org_id, 'suspense_refund_' || p_step, 'suspense_item', p_item.id,
        format('suspense_refund:%s:%s', p_refund.stripe_refund_id, p_step),
        p_item.currency, p_occurred_at,
        array[
            row('stripe_balance', null, -p_sign * p_refund.amount_cents),
            row('suspense', null, p_sign * p_refund.amount_cents)
        ]::private.posting[]
    );
$$;

-- Applies a dispute over money in suspense: what Stripe withdraws leaves it, and what Stripe reinstates comes back. The admins are told
-- when it needs a response.
create function private.apply_dispute_to_suspense(p_dispute jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    known constant private.stripe_objects := private.stripe_row(
        'suspense_items', private.expandable_id(p_dispute -> 'payment_intent'), private.expandable_id(p_dispute -> 'charge')
    );
    item private.suspense_items;
begin
    select * into item
    from private.suspense_items
    where org_id = known.org_id
        and id = known.row_id
    for no key update;
    if not found then
        return row('parked', 'unknown_payment')::private.stripe_outcome;
    end if;
    if lower(p_dispute ->> 'currency') is distinct from item.currency then
        return row('parked', 'settlement_currency_differs')::private.stripe_outcome;
    end if;

    perform private.post_transaction(
        item.org_id, 'suspense_dispute', 'suspense_item', item.id, format('suspense_dispute:%s', moved.id),
        item.currency, p_occurred_at,
        array[
            row('stripe_balance', null, moved.amount - moved.fee),
            row('dispute_fees', null, moved.fee),
            row('suspense', null, -moved.amount)
        ]::private.posting[]
    )
    from jsonb_to_recordset(p_dispute -> 'balance_transactions') moved (id text, amount bigint, fee bigint);

    if p_dispute ->> 'status' in ('warning_needs_response', 'needs_response') then
        perform private.raise_alert(
            item.org_id, null, 'dispute_' || (p_dispute ->> 'status'),
            'The payer''s bank disputes money that matches no payment. Submit evidence in Stripe''s Dashboard.',
            'suspense_items', item.id, format('dispute:%s:%s', p_dispute ->> 'id', p_dispute ->> 'status')
        );
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;
