-- Refunds what is due to the payer of an item: what its ending owes, and what was received beyond its price; from its latest payments
-- first. What prepaid minutes paid for comes back as minutes. What is being refunded already counts, so that a second call refunds
-- nothing twice. A disputed payment cannot be refunded: the admins are told, and the rest follows when the dispute has ended. The
-- caller holds the order's lock.
create function private.refund_due(p_item_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item public.order_items;
    source record;
    payment public.payments;
    owed_cents bigint;
    excess_cents bigint;
    now_owed_cents bigint;
    now_excess_cents bigint;
begin
    select * into strict item from public.order_items where id = p_item_id;
    if private.makes_whole(item.ending) and private.owed_cents(item) > private.card_rest_cents(item) then
        perform private.restore_owed_minutes(item.id, private.owed_cents(item) - private.card_rest_cents(item));
        select * into strict item from public.order_items where id = p_item_id;
    end if;
    owed_cents := private.owed_cents(item) - private.waiting_refund_cents(item.id, private.makes_whole(item.ending));
    excess_cents := greatest(private.excess_due_cents(item), 0) - private.waiting_excess_cents(item.id);

    for source in
        select part.payment_id, part.amount_cents - private.returned_part_cents(part.item_id, part.payment_id) as left_cents
        from public.payment_items part
        join public.payments paid on paid.org_id = part.org_id and paid.id = part.payment_id
        where part.org_id = item.org_id
            and part.item_id = item.id
            and paid.status = 'succeeded'
        order by paid.created_at desc, paid.id desc
    loop
        exit when greatest(owed_cents, excess_cents) <= 0;
        select * into strict payment from public.payments where id = source.payment_id for no key update;
        if payment.is_disputed then
            perform private.raise_alert(
                item.org_id, null, 'refund_waits_for_dispute',
                'A refund is due of a payment that is disputed. It is made when the dispute is won.',
                'payments', payment.id, format('order_item:%s:refund_waits', item.id)
            );
            continue;
        end if;
        source.left_cents := least(source.left_cents, private.refundable_cents(payment));
        now_excess_cents := greatest(least(excess_cents, source.left_cents), 0);
        now_owed_cents := greatest(least(owed_cents, source.left_cents - now_excess_cents), 0);
        if now_excess_cents + now_owed_cents > 0 then
            perform private.create_refund(payment, item.id, now_owed_cents, 'owed', now_excess_cents, p_reason);
        end if;
        excess_cents := excess_cents - now_excess_cents;
        owed_cents := owed_cents - now_owed_cents;
    end loop;
end;
$$;

-- What the payer's card still pays of an item's price: without what prepaid minutes pay, and what refunds and disputes have taken.
create function private.card_rest_cents(p_item public.order_items)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select greatest(
            p_item.total_cents - private.prepaid_cents(p_item)
            - greatest(p_item.refunded_cents + p_item.lost_cents - coalesce(sum(part.amount_cents), 0), 0),
            0
        )::bigint
        from private.return_items part
        left join public.refunds refund on refund.org_id = part.org_id and refund.id = part.refund_id
        where part.org_id = p_item.org_id
            and part.item_id = p_item.id
            and part.kind <> 'excess'
            and (part.refund_id is null or refund.status = 'succeeded')
            and part.payment_id in (
                select hours.payment_id
                from private.item_payments hours
                where hours.org_id = p_item.org_id
                    and hours.item_id = p_item.id
                    and hours.is_by_hours
            )
    );
end;
$$;

-- What is being refunded of an item's price: of what its ending owes, or of a fault everything.
create function private.waiting_refund_cents(p_item_id uuid, p_counts_granted boolean)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(sum(part.amount_cents), 0)::bigint
        from public.order_items item
        join private.return_items part on part.org_id = item.org_id and part.item_id = item.id
        join public.refunds refund on refund.org_id = part.org_id and refund.id = part.refund_id
        where item.id = p_item_id
            and (part.kind = 'owed' or (part.kind = 'granted' and coalesce(p_counts_granted, false)))
            and refund.status in ('pending', 'requires_action')
    );
end;
$$;

-- What is being refunded of what was received beyond an item's price.
create function private.waiting_excess_cents(p_item_id uuid)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(sum(part.amount_cents), 0)::bigint
        from public.order_items item
        join private.return_items part on part.org_id = item.org_id and part.item_id = item.id
        join public.refunds refund on refund.org_id = part.org_id and refund.id = part.refund_id
        where item.id = p_item_id
            and part.kind = 'excess'
            and refund.status in ('pending', 'requires_action')
    );
end;
$$;

-- What refunds that succeeded or may still succeed return of what a payment has paid for an item, by card or by hours.
create function private.returned_part_cents(p_item_id uuid, p_payment_id uuid)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(sum(part.amount_cents), 0)::bigint
        from public.order_items item
        join private.return_items part on part.org_id = item.org_id and part.item_id = item.id
        join public.refunds refund on refund.org_id = part.org_id and refund.id = part.refund_id
        where item.id = p_item_id
            and part.payment_id = p_payment_id
            and refund.status in ('pending', 'requires_action', 'succeeded')
    );
end;
$$;

-- Creates a refund of an item's price (p_kind: granted or owed) and of what was received beyond it, and queues the command that makes it
-- at Stripe. The caller holds the order's lock.
create function private.create_refund(
    p_payment public.payments,
    p_item_id uuid,
    p_price_cents bigint,
    p_kind private.return_kind,
    p_excess_cents bigint,
    p_reason text,
    p_client_key text default null,
    p_request_id uuid default null,
    p_status public.refund_status default 'pending'
)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_refund_id uuid;
begin
    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, client_key, request_id, requested_by
    )
    values (
        p_payment.org_id, p_payment.id, p_payment.learner_id, p_payment.instructor_id,
        p_payment.currency, p_price_cents + p_excess_cents, p_reason, p_status, p_client_key, p_request_id, private.my_user_id()
    )
    returning id into new_refund_id;

    insert into private.return_items (org_id, item_id, payment_id, refund_id, kind, amount_cents)
    select p_payment.org_id, p_item_id, p_payment.id, new_refund_id, part.kind, part.cents
    from (values (p_kind, p_price_cents), ('excess', p_excess_cents)) part (kind, cents)
    where part.cents > 0;
    if p_status = 'pending' then
        perform private.send_refund(new_refund_id);
    end if;
    return new_refund_id;
end;
$$;

-- Queues the command that makes a refund at Stripe, once, under a key made of the row's id.
create function private.send_refund(p_refund_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.enqueue_command(
        refund.org_id, 'refund_payment', format('refund:%s', refund.id),
        jsonb_build_object(
            'refund_id', refund.id,
            'payment_intent', payment.stripe_payment_intent_id,
            'amount_cents', refund.amount_cents,
            'currency', refund.currency,
            'idempotency_key', format('refund:%s', refund.id),
            'metadata', jsonb_build_object('refund_id', refund.id, 'payment_id', payment.id)
        ),
        format('payment:%s', payment.id)
    )
    from public.refunds refund
    join public.payments payment on payment.org_id = refund.org_id and payment.id = refund.payment_id
    where refund.id = p_refund_id;
$$;

-- Records that Stripe finally refused a refund: the money is still owed to the learner. The jobs call it.
-- Definer: the jobs have no access to the tables.
create function private.record_refund_failure(p_refund_id uuid, p_code text, p_message text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    refund public.refunds;
begin
    perform private.lock_orders(
        array(
            select paid.order_id
            from public.refunds asked
            join public.payments paid on paid.org_id = asked.org_id and paid.id = asked.payment_id
            where asked.id = p_refund_id
        )
    );
    select paid.* into payment
    from public.refunds asked
    join public.payments paid on paid.org_id = asked.org_id and paid.id = asked.payment_id
    where asked.id = p_refund_id
    for no key update of paid;
    select * into refund from public.refunds where id = p_refund_id and status in ('pending', 'requires_action');
    if not found then
        return;
    end if;
    perform private.undo_refund(payment, refund, private.clock());
    update public.refunds
    set status = 'failed',
        failure_code = left(p_code, 100),
        failure_message = left(p_message, 500)
    where org_id = refund.org_id
        and id = refund.id;
end;
$$;
