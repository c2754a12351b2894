-- Cancels at Stripe the open payment of an order of which something ended unpaid. If something of it can still be paid, another payment
-- takes its place when the learner comes back to pay. The order's discount is free again once Stripe confirms the cancellation, or
-- at once if there is no payment.
create function private.cancel_open_payment(p_order_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    open_payment public.payments;
begin
    select payment.* into open_payment
    from public.payments payment
    where payment.order_id = p_order_id
        and payment.status not in ('succeeded', 'cancelled', 'unknown')
        and not payment.is_accepted
        and not payment.is_replaced;

    if found then
        update public.payments
        set is_replaced = true
        where org_id = open_payment.org_id
            and id = open_payment.id;
        perform private.cancel_payment(open_payment);
    elsif not exists (
        select
        from public.payments payment
        where payment.order_id = p_order_id
            and payment.status <> 'cancelled'
    ) and not exists (select from private.standing_items(p_order_id)) then
        perform private.finish_redemption(p_order_id, 'released');
    end if;
end;
$$;

-- What of an order can still be paid, or is paid: lessons that are held, requested or confirmed, and lots that are not cancelled.
create function private.standing_items(p_order_id uuid)
    returns table (item_id uuid)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select item.id
    from public.order_items item
    left join public.bookings booking on booking.org_id = item.org_id and booking.id = item.booking_id
    left join public.learner_credits lot on lot.org_id = item.org_id and lot.id = item.credit_id
    where item.order_id = p_order_id
        and (booking.status not in ('cancelled', 'declined', 'expired') or lot.status <> 'cancelled');
$$;

-- Queues the command that cancels a payment's PaymentIntent at Stripe, once. The command first creates the intent, with the same
-- key, if its id is not recorded: so no intent whose creation is still under way can be paid later.
create function private.cancel_payment(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.enqueue_command(
        p_payment.org_id, 'cancel_payment_intent', format('payment:%s:cancel', p_payment.id),
        jsonb_build_object(
            'payment_id', p_payment.id,
            'payment_intent', p_payment.stripe_payment_intent_id,
            'create', private.intent_parameters(p_payment),
            'create_key', private.intent_key(p_payment)
        ),
        format('payment:%s', p_payment.id)
    );
end;
$$;

-- Cancels an organization's credit purchases that were not paid in time, and returns how many. The jobs call it through maintenance.
create function private.expire_purchases(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    overdue record;
    cancelled_count integer := 0;
begin
    for overdue in
        select credit.id, ordered.id as order_id
        from public.learner_credits credit
        join public.order_items item on item.org_id = credit.org_id and item.credit_id = credit.id
        join public.orders ordered on ordered.org_id = item.org_id and ordered.id = item.order_id
        where credit.org_id = p_org_id
            and credit.status = 'pending'
            and credit.hold_expires_at <= private.clock()
        order by credit.id
        limit 1000
        for no key update of credit, ordered skip locked
    loop
        update public.learner_credits set status = 'cancelled' where id = overdue.id;
        perform private.cancel_open_payment(overdue.order_id);
        cancelled_count := cancelled_count + 1;
    end loop;
    return cancelled_count;
end;
$$;

-- Undoes what a payment had paid for that Stripe has cancelled. Its discount is free again unless something of its order stands. If an
-- authorization was lost, the booking that it confirmed is cancelled; if the lesson was given already, the admins are told.
-- 82_effects calls it.
create function private.undo_cancelled_payment(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not p_payment.is_accepted then
        if not exists (select from private.standing_items(p_payment.order_id)) then
            perform private.finish_redemption(p_payment.order_id, 'released');
        end if;
        return;
    end if;

    perform private.release_paid_items(p_payment);
    update public.bookings
    set status = 'cancelled',
        cancelled_by = 'system',
        cancelled_at = private.clock(),
        cancellation_reason = 'The authorization of the payment has ended.'
    where org_id = p_payment.org_id
        and order_id = p_payment.order_id
        and status in ('confirmed', 'in_progress')
        and id in (
            select part.booking_id
            from public.payment_items part
            where part.org_id = p_payment.org_id
                and part.payment_id = p_payment.id
        );
    if found or p_payment.uncaptured_cents < p_payment.amount_cents then
        perform private.raise_alert(
            p_payment.org_id, p_payment.instructor_id, 'authorization_lost',
            'A payment that was authorized could not be captured any more.',
            'payments', p_payment.id, format('payment:%s:authorization_lost', p_payment.id)
        );
    end if;
end;
$$;

-- Counts an authorization that ended uncaptured as given back, of items that another payment has paid in part.
create function private.release_paid_items(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    before public.order_items;
    item public.order_items;
begin
    for before in
        select paid.*
        from public.payment_items part
        join public.order_items paid on paid.org_id = part.org_id and paid.id = part.item_id
        where part.org_id = p_payment.org_id
            and part.payment_id = p_payment.id
            and paid.is_paid
            and paid.excess_cents < 0
        for no key update of paid
    loop
        update public.order_items
        set refunded_cents = refunded_cents - excess_cents,
            owed_cents = greatest(owed_cents + excess_cents, 0),
            excess_cents = 0,
            revision = revision + 1
        where org_id = before.org_id
            and id = before.id
        returning * into item;
        perform private.post_item(before, item, 'authorization_released', '{}');
    end loop;
end;
$$;
