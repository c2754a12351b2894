-- Records Stripe's response to creating, fetching, capturing or cancelling a PaymentIntent; the webhook service and the jobs call
-- it. A response says when the intent was created and cancelled, not when it succeeded. A success is final, so it is dated
-- now; any other status may already be outdated, so it is dated at the intent's creation or cancellation. Of a fetch that settles
-- what the news of one second have left open, that second is its date: p_settles_at.
-- Definer: the services have no access to the tables.
create function private.record_payment_intent(
    p_payment_id uuid,
    p_payment_intent jsonb,
    p_settles_at timestamptz default null
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if private.uuid_or_null(p_payment_intent -> 'metadata' ->> 'payment_id') is distinct from p_payment_id then
        perform private.refuse(
            'PT422', 'wrong_payment_intent',
            'That payment intent belongs to another payment.',
            'Record the intent that was created with this payment''s metadata.'
        );
    end if;
    perform private.apply_payment_intent(
        p_payment_intent,
        case
            when p_payment_intent ->> 'status' = 'succeeded' then private.clock()
            when p_payment_intent ->> 'canceled_at' is not null then to_timestamp((p_payment_intent ->> 'canceled_at')::bigint)
            else coalesce(p_settles_at, to_timestamp((p_payment_intent ->> 'created')::bigint))
        end,
        p_settles_at is not null
    );
end;
$$;

-- Applies a PaymentIntent from a Stripe event or response to its payment. Late and repeated events change nothing: success and
-- cancellation are final; among other statuses the latest counts. Stripe dates events in whole seconds: of different news of one
-- second the furthest along counts, until a fetch has settled which was the last. What bears our metadata and is no payment's is set aside
-- under the organization whose payment they name, else the platform's.
create function private.apply_payment_intent(p_intent jsonb, p_occurred_at timestamptz, p_is_fetched boolean default false)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.payment_status := private.payment_status_of(p_intent);
    payment public.payments;
    named_org_id uuid;
begin
    perform private.lock_order_of_intent(p_intent);
    select * into payment from private.lock_payment_of_intent(p_intent);

    if not found then
        if not private.bears_our_metadata(p_intent) then
            return row('ignored', 'not_ours')::private.stripe_outcome;
        end if;
        select named.org_id into named_org_id
        from public.payments named
        where named.id = private.uuid_or_null(p_intent -> 'metadata' ->> 'payment_id');
        if new_status = 'succeeded'
            and private.post_to_suspense(coalesce(named_org_id, private.platform_id()), null, p_intent, p_occurred_at)
        then
            return row('processed', 'set_aside')::private.stripe_outcome;
        end if;
        return row('ignored', 'unknown_payment')::private.stripe_outcome;
    end if;
    if payment.status = 'succeeded' and new_status = 'succeeded' then
        return row('processed', null)::private.stripe_outcome;
    end if;
    if new_status = 'succeeded' then
        return private.apply_payment_success(payment, p_intent, p_occurred_at);
    end if;
    perform private.record_intent_id(payment, p_intent);
    payment.stripe_payment_intent_id := p_intent ->> 'id';
    if payment.status = 'cancelled' and new_status = 'cancelled' then
        return row('processed', null)::private.stripe_outcome;
    end if;
    if payment.status in ('succeeded', 'cancelled', 'unknown')
        or (new_status <> 'cancelled' and not private.is_latest_of_intent(payment, p_intent, p_occurred_at, p_is_fetched))
    then
        return row('processed', 'late')::private.stripe_outcome;
    end if;
    -- That Stripe has made it says nothing but its id, which is recorded.
    if payment.last_event_at is null and new_status = payment.status and private.intent_failure_code(p_intent) is null then
        return row('processed', null)::private.stripe_outcome;
    end if;

    update public.payments
    set status = new_status,
        last_event_at = greatest(last_event_at, p_occurred_at),
        authorized_cents = coalesce((p_intent ->> 'amount_capturable')::bigint, 0),
        authorized_at = case when new_status = 'authorized' then coalesce(authorized_at, p_occurred_at) end,
        failure_code = private.intent_failure_code(p_intent),
        failure_message = left(p_intent #>> '{last_payment_error,message}', 500)
    where org_id = payment.org_id
        and id = payment.id
    returning * into payment;

    perform private.keep_hold_while_processing(payment, new_status);
    if new_status = 'authorized' and payment.capture_method = 'manual' and not private.accept_payment(payment) then
        perform private.cancel_payment(payment);
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Locks the order of a PaymentIntent's payment, found without a lock: before the payment, as everybody does.
create function private.lock_order_of_intent(p_intent jsonb)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.lock_orders(
        array(
            select payment.order_id
            from public.payments payment
            where payment.id in (
                (private.stripe_row('payments', p_intent ->> 'id')).row_id,
                private.uuid_or_null(p_intent -> 'metadata' ->> 'payment_id')
            )
        )
    );
end;
$$;

-- Whether what Stripe says of an open PaymentIntent is the latest. If it is another thing of the same second than what is known, a fetch is
-- queued, and until then the furthest along counts, or a decline before none. A fetched answer counts unless there is later news.
create function private.is_latest_of_intent(
    p_payment public.payments,
    p_intent jsonb,
    p_occurred_at timestamptz,
    p_is_fetched boolean
)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.payment_status := private.payment_status_of(p_intent);
    new_failure_code constant text := private.intent_failure_code(p_intent);
begin
    if p_is_fetched then
        return coalesce(p_occurred_at = p_payment.last_event_at, true);
    end if;
    if p_occurred_at = p_payment.last_event_at
        and (new_status, coalesce((p_intent ->> 'amount_capturable')::bigint, 0), coalesce(new_failure_code, ''))
        <> (p_payment.status, p_payment.authorized_cents, coalesce(p_payment.failure_code, ''))
    then
        perform private.fetch_payment_intent(p_payment);
    end if;
    return (p_occurred_at, new_status, new_failure_code is not null)
        > (coalesce(p_payment.last_event_at, '-infinity'), p_payment.status, p_payment.failure_code is not null);
end;
$$;

-- Queues a look at a PaymentIntent whose latest news are of one second, so that only Stripe knows which was the last. The answer counts as
-- of that second: whatever is later stays.
create function private.fetch_payment_intent(p_payment public.payments)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.enqueue_command(
        p_payment.org_id,
        'fetch_payment_intent',
        format('payment:%s:fetch:%s:%s', p_payment.id, extract(epoch from p_payment.last_event_at), extract(epoch from private.clock())),
        jsonb_build_object(
            'payment_id', p_payment.id,
            'payment_intent', p_payment.stripe_payment_intent_id,
            'settles_at', p_payment.last_event_at
        ),
        format('payment:%s', p_payment.id)
    );
$$;

-- Returns, locked, the payment of a PaymentIntent: by its id, or while that is not registered yet, by the metadata we gave it; then by
-- its id again, in case another transaction has just recorded it. No row if the intent is not ours. The caller records the id: a success
-- with what else it changes.
create function private.lock_payment_of_intent(p_intent jsonb)
    returns setof public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    named_id uuid := private.uuid_or_null(p_intent -> 'metadata' ->> 'payment_id');
begin
    return query
    select payment.*
    from private.stripe_objects known
    join public.payments payment on payment.org_id = known.org_id and payment.id = known.row_id
    where known.id = p_intent ->> 'id'
        and known.table_name = 'payments'
    for no key update of payment;

    if not found then
        return query
        select payment.*
        from public.payments payment
        where payment.id = named_id
            and payment.stripe_payment_intent_id is null
        for no key update;
    end if;

    if not found then
        return query
        select payment.*
        from private.stripe_objects known
        join public.payments payment on payment.org_id = known.org_id and payment.id = known.row_id
        where known.id = p_intent ->> 'id'
            and known.table_name = 'payments'
        for no key update of payment;
    end if;
end;
$$;

-- Records the id of a payment's PaymentIntent, unless it is known.
create function private.record_intent_id(p_payment public.payments, p_intent jsonb)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.payments
    set stripe_payment_intent_id = p_intent ->> 'id'
    where org_id = p_payment.org_id
        and id = p_payment.id
        and stripe_payment_intent_id is null;
$$;

-- Extends the holds of a payment's lessons while the bank processes it: until three days after it was opened or 24 hours before the
-- lesson, whichever is first, so that no bank account without money keeps a time for weeks. If it then fails, the learner has the
-- checkout minutes once more; what is charged later keeps its own deadline.
create function private.keep_hold_while_processing(p_payment public.payments, p_status public.payment_status)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.bookings booking
    set hold_expires_at = case p_status
        when 'processing' then greatest(
            booking.hold_expires_at,
            least(p_payment.created_at + interval '3 days', booking.start_at - interval '24 hours')
        )
        else least(
            booking.hold_expires_at,
            greatest(
                private.clock() + make_interval(mins => organization.checkout_hold_minutes),
                case when booking.is_collected_later then private.held_for_collection_until(booking.start_at) end
            )
        )
    end
    from public.organizations organization
    where booking.id in (
            select part.booking_id
            from public.payment_items part
            where part.org_id = p_payment.org_id
                and part.payment_id = p_payment.id
        )
        and booking.org_id = p_payment.org_id
        and organization.id = booking.org_id
        and booking.status = 'held';
$$;

-- Records the id of the successful charge, by which disputes are found, and has the fee fetched that Stripe may have booked since. It
-- posts no money: events of PaymentIntents and refunds do.
create function private.apply_charge(p_charge jsonb)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    known constant private.stripe_objects := private.stripe_row('payments', private.expandable_id(p_charge -> 'payment_intent'));
begin
    update public.payments
    set stripe_charge_id = p_charge ->> 'id'
    where org_id = known.org_id
        and id = known.row_id
        and stripe_charge_id is null
        and p_charge ->> 'status' = 'succeeded';
    perform private.fetch_fee_of_charge(p_charge);

    return case
        when known.row_id is not null then row('processed', null)::private.stripe_outcome
        else row('ignored', 'unknown_payment')::private.stripe_outcome
    end;
end;
$$;
