-- Decides what becomes of money in suspense that does not go back by itself; platform admins only.
-- refunded_elsewhere: the payer had it back from the platform's bank account. written_off: it is the platform's gain, or loss.
-- payment: it pays for a payment of the same amount, as if that payment's own PaymentIntent had been paid; the next jobs maintain
-- carries that out, since a person may not do what Stripe's events do.
-- Definer: no role may write suspense.
create function private.admin_resolve_suspense(
    p_suspense_item_id uuid,
    p_resolution text,
    p_reason text,
    p_payment_id uuid
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    item private.suspense_items;
    left_cents bigint;
begin
    perform private.require_platform_admin(p_reason);
    select * into item from private.suspense_items where id = p_suspense_item_id for no key update;
    left_cents := private.left_in_suspense(item);
    if item.id is null or left_cents = 0 then
        perform private.refuse(
            'PT404', 'suspense_not_found',
            'There is no money in suspense with that id.',
            'List it with python -m jobs doctor or the saved query unmatched_money.'
        );
    end if;

    if p_resolution = 'payment' then
        perform private.assert_suspense_pays(item, left_cents, p_payment_id);
        update private.suspense_items set pays_payment_id = p_payment_id where id = item.id;
        return;
    end if;
    if p_resolution is null or p_resolution not in ('refunded_elsewhere', 'written_off')
        or (p_resolution = 'refunded_elsewhere' and left_cents < 0)
    then
        perform private.refuse(
            'PT422', 'bad_resolution',
            'That is no way to resolve this money.',
            'Send payment, refunded_elsewhere or written_off; what went back without having come can only be written off.'
        );
    end if;

    update private.suspense_items
    set resolution = p_resolution,
        resolved_at = private.clock(),
        pays_payment_id = null
    where id = item.id;
    perform private.post_suspense_resolution(item, left_cents, p_resolution);
end;
$$;

-- Posts an admin's decision. An item can be resolved again if more of it goes back at Stripe afterwards, so the key counts its postings.
create function private.post_suspense_resolution(p_item private.suspense_items, p_left_cents bigint, p_resolution text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.post_transaction(
        p_item.org_id, 'suspense_' || p_resolution, 'suspense_item', p_item.id,
        format('suspense_item:%s:%s:%s', p_item.id, p_resolution, count(*)),
        p_item.currency, private.clock(),
        array[
            row('suspense', null, p_left_cents),
            row(
                case p_resolution when 'written_off' then 'write_offs' else 'platform_bank' end,
                null, -p_left_cents
            )
        ]::private.posting[]
    )
    from private.ledger_transactions posted
    where posted.org_id = p_item.org_id
        and posted.source_type = 'suspense_item'
        and posted.source_id = p_item.id;
$$;

-- Refuses unless an item, of which nothing went back, is exactly what an open payment still asks for.
create function private.assert_suspense_pays(p_item private.suspense_items, p_left_cents bigint, p_payment_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
begin
    select * into payment from public.payments where id = p_payment_id;
    if not found then
        perform private.refuse(
            'PT404', 'payment_not_found',
            'There is no such payment.',
            'Check the id.'
        );
    end if;
    if not private.can_be_paid_from_suspense(payment, p_item, p_left_cents) then
        perform private.refuse(
            'PT409', 'payment_differs',
            'That payment is not open, or not over the amount and currency of this money.',
            'Refund the money in Stripe''s Dashboard, and have the learner pay again.'
        );
    end if;
end;
$$;

create function private.can_be_paid_from_suspense(p_payment public.payments, p_item private.suspense_items, p_left_cents bigint)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_item.stripe_payment_intent_id is not null
        and p_left_cents = p_item.amount_cents
        and (p_payment.amount_cents, p_payment.currency) = (p_item.amount_cents, p_item.currency)
        and p_payment.status in ('requires_payment', 'requires_action', 'processing', 'unknown');
$$;

-- Carries out what admins have decided with payment for payments of an organization: the payment succeeds by the item's PaymentIntent, and
-- its own is cancelled. Returns how many. A payment that has ended meanwhile leaves the item in suspense. Called by jobs maintain.
create function private.pay_from_suspense(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item private.suspense_items;
    payment public.payments;
    paid_count integer := 0;
begin
    for item in
        select decided.*
        from private.suspense_items decided
        join public.payments paid on paid.id = decided.pays_payment_id and paid.org_id = p_org_id
        where decided.pays_payment_id is not null
        order by decided.id
        limit 100
        for no key update of decided skip locked
    loop
        update private.suspense_items set pays_payment_id = null where id = item.id;
        select * into strict payment
        from public.payments
        where org_id = p_org_id
            and id = item.pays_payment_id
        for no key update;
        if not private.can_be_paid_from_suspense(payment, item, private.left_in_suspense(item)) then
            continue;
        end if;

        perform private.cancel_payment(payment);
        update public.payments
        set stripe_payment_intent_id = item.stripe_payment_intent_id
        where org_id = payment.org_id
            and id = payment.id
        returning * into payment;
        perform private.apply_payment_success(
            payment,
            jsonb_build_object(
                'id', item.stripe_payment_intent_id,
                'status', 'succeeded',
                'amount_received', item.amount_cents,
                'currency', item.currency,
                'latest_charge', item.stripe_charge_id
            ),
            private.clock()
        );
        paid_count := paid_count + 1;
    end loop;
    return paid_count;
end;
$$;
