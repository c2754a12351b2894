-- Applies a success: confirms the lessons or activates the lot that the payment pays for, and posts what was received. Another amount or
-- currency than requested is posted to suspense and pays for nothing (of an authorization, any part may be captured). What is no
-- longer available is refunded, and so is what was paid twice. The caller holds the order's lock. apply_payment_intent calls it.
create function private.apply_payment_success(
    p_payment public.payments,
    p_intent jsonb,
    p_occurred_at timestamptz
)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    received_cents constant bigint := coalesce((p_intent ->> 'amount_received')::bigint, 0);
    payment public.payments;
    has_accepted boolean;
begin
    if not (
        received_cents = p_payment.amount_cents
        or (p_payment.capture_method = 'manual' and received_cents between 1 and p_payment.amount_cents)
    )
        or lower(p_intent ->> 'currency') is distinct from p_payment.currency
        or p_payment.status = 'cancelled'
    then
        perform private.record_intent_id(p_payment, p_intent);
        perform private.post_to_suspense(p_payment.org_id, p_payment.id, p_intent, p_occurred_at);
        perform private.move_refunds_to_suspense(p_payment, p_occurred_at);
        update public.payments
        set status = 'unknown',
            authorized_cents = 0,
            failure_code = 'amount_mismatch',
            failure_message = null
        where org_id = p_payment.org_id
            and id = p_payment.id
            and status not in ('cancelled', 'unknown');
        return row('processed', 'amount_mismatch')::private.stripe_outcome;
    end if;

    has_accepted := private.accept_payment(p_payment);
    update public.payments
    set status = 'succeeded',
        stripe_payment_intent_id = p_intent ->> 'id',
        is_accepted = has_accepted,
        authorized_cents = amount_cents,
        captured_cents = received_cents,
        uncaptured_cents = amount_cents - received_cents,
        stripe_charge_id = coalesce(private.expandable_id(p_intent -> 'latest_charge'), stripe_charge_id),
        last_event_at = greatest(last_event_at, p_occurred_at),
        failure_code = null,
        failure_message = null
    where org_id = p_payment.org_id
        and id = p_payment.id
    returning * into payment;

    perform private.release_from_suspense(payment, p_intent, p_occurred_at);
    perform private.post_payment(payment, p_occurred_at);
    perform private.post_waiting_refunds(payment, p_occurred_at);
    perform private.enqueue_command(
        p_payment.org_id, 'fetch_processing_fee', format('payment:%s:processing_fee', p_payment.id),
        jsonb_build_object('payment_id', payment.id, 'payment_intent', p_intent ->> 'id', 'charge', payment.stripe_charge_id)
    );
    perform private.refund_due(
        part.item_id,
        case
            when payment.is_accepted then 'More was paid than was due.'
            else 'What was paid for is no longer available.'
        end
    )
    from public.payment_items part
    where part.org_id = payment.org_id
        and part.payment_id = payment.id;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Posts what a payment has received to the items that it pays.
create function private.post_payment(p_payment public.payments, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    part public.payment_items;
    postings private.posting[] := array[row('stripe_balance', null, p_payment.captured_cents)]::private.posting[];
begin
    for part in
        select paid.*
        from public.payment_items paid
        where paid.org_id = p_payment.org_id
            and paid.payment_id = p_payment.id
        order by paid.item_id
    loop
        postings := postings || private.pay_item(p_payment, part);
    end loop;
    perform private.post_transaction(
        p_payment.org_id, 'payment_succeeded', 'payment', p_payment.id, format('payment:%s:succeeded', p_payment.id),
        p_payment.currency, p_occurred_at, postings
    );
end;
$$;

-- Gives an item what a payment has received for it, and returns the postings. A lesson that is not available any more, and was not paid
-- before, is somebody else's fault from now on: all of it is owed back. What of an authorization was not captured counts as refunded.
create function private.pay_item(p_payment public.payments, p_part public.payment_items)
    returns private.posting[]
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    before public.order_items;
    item public.order_items;
    received_cents constant bigint := p_part.amount_cents - p_payment.uncaptured_cents;
    credit_cents bigint;
    new_excess_cents bigint;
    shortfall_cents bigint;
begin
    select * into strict before from public.order_items where org_id = p_part.org_id and id = p_part.item_id for no key update;
    if before.kind = 'credits' and not before.is_paid then
        update public.order_items set is_paid = true where org_id = before.org_id and id = before.id;
        return private.credit_postings(private.credit_part_between(lot, 0, lot.minutes_purchased), -1)
        from public.learner_credits lot
        where lot.org_id = before.org_id
            and lot.id = before.credit_id;
    end if;

    credit_cents := private.prepaid_cents(before);
    new_excess_cents := before.excess_cents + received_cents
        - case when before.is_paid then 0 else before.total_cents - credit_cents end;
    shortfall_cents := case
        when private.has_uncaptured_payment(before, p_payment.id) then 0
        else greatest(-new_excess_cents, 0)
    end;
    update public.order_items
    set is_paid = true,
        ending = coalesce(
            ending,
            case when not (before.is_paid or p_payment.is_accepted and private.is_standing(before)) then 'fault' end::public.order_item_ending
        ),
        excess_cents = new_excess_cents + shortfall_cents,
        refunded_cents = refunded_cents + shortfall_cents,
        owed_cents = greatest(owed_cents - shortfall_cents, 0)
    where org_id = before.org_id
        and id = before.id
    returning * into item;
    return private.item_postings(before, item);
end;
$$;

-- Whether an item has an authorization that is still to be captured, besides one payment.
create function private.has_uncaptured_payment(p_item public.order_items, p_but_payment_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from public.payment_items part
        join public.payments payment on payment.org_id = part.org_id and payment.id = part.payment_id
        where part.org_id = p_item.org_id
            and part.item_id = p_item.id
            and payment.status = 'authorized'
            and payment.is_accepted
            and payment.id <> p_but_payment_id
    );
end;
$$;

-- Whether an item's booking is confirmed, or took place.
create function private.is_standing(p_item public.order_items)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from public.bookings booking
        where booking.org_id = p_item.org_id
            and booking.id = p_item.booking_id
            and booking.status in ('confirmed', 'in_progress', 'completed', 'no_show')
    );
end;
$$;
