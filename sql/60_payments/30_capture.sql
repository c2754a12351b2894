-- Captures the authorized payments of an item that has ended, as far as its price is kept, and releases the rest: all of a fault, of a
-- cancellation what it owes. If a lesson moved to a cheaper time, only the new price is captured. 82_effects calls it.
create function private.capture_item(p_booking_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item public.order_items;
    payment public.payments;
    kept_cents bigint;
begin
    select * into item from public.order_items where booking_id = p_booking_id;
    kept_cents := case when private.makes_whole(item.ending) then 0 else item.total_cents - item.owed_cents end;

    for payment in
        select paid.*
        from public.payment_items part
        join public.payments paid on paid.org_id = part.org_id and paid.id = part.payment_id
        where part.org_id = item.org_id
            and part.item_id = item.id
            and paid.is_accepted
            and paid.status in ('authorized', 'succeeded')
        order by paid.created_at, paid.id
        for no key update of paid
    loop
        if payment.status = 'authorized' then
            perform private.capture_payment(payment, payment.amount_cents - least(payment.amount_cents, kept_cents));
        end if;
        kept_cents := greatest(kept_cents - payment.amount_cents, 0);
    end loop;
end;
$$;

-- Fixes how much of an authorization is never captured and queues the capture of the rest. If nothing is to be captured, the
-- authorization is cancelled instead.
create function private.capture_payment(p_payment public.payments, p_released_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_released_cents > 0 then
        update public.payments
        set uncaptured_cents = p_released_cents
        where org_id = p_payment.org_id
            and id = p_payment.id;
    end if;
    if p_released_cents = p_payment.amount_cents then
        perform private.cancel_payment(p_payment);
        return;
    end if;

    perform private.enqueue_command(
        p_payment.org_id, 'capture_payment', format('payment:%s:capture', p_payment.id),
        jsonb_build_object(
            'payment_id', p_payment.id,
            'payment_intent', p_payment.stripe_payment_intent_id,
            'amount_cents', p_payment.amount_cents - p_released_cents,
            'idempotency_key', format('payment:%s:capture', p_payment.id)
        ),
        format('payment:%s', p_payment.id)
    );
end;
$$;

-- Locks the payments of a booking's order, so that nothing is refunded, disputed or lost of them until the transaction ends. The caller
-- holds the order's lock.
create function private.lock_order_payments(p_order_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select payment.id
    from public.payments payment
    where payment.order_id = p_order_id
    order by payment.id
    for no key update;
$$;
