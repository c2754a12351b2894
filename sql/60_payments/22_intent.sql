-- Takes Stripe's answer about a payment's intent. It says when the intent was made and cancelled, not when it succeeded: that
-- is final, and was just now as far as we know. Another state of it may be old news, so it counts from when it was made.
-- Definer: the services have no access to the tables.
create function private.record_payment_intent(p_payment_id uuid, p_payment_intent jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    if private.uuid_or_null(p_payment_intent -> 'metadata' ->> 'payment_id') is distinct from p_payment_id then
        perform private.refuse(
            'PT422', 'wrong_payment_intent',
            'That payment intent belongs to another payment.',
            'Record the intent that was made with this payment''s metadata.'
        );
    end if;
    perform private.apply_payment_intent(
        p_payment_intent,
        case p_payment_intent ->> 'status'
            when 'succeeded' then private.clock()
            else to_timestamp(coalesce(p_payment_intent ->> 'canceled_at', p_payment_intent ->> 'created')::bigint)
        end
    );
end;
$$;

-- Brings a payment to what Stripe says of its PaymentIntent, from an event or an answer. Late and repeated news change
-- nothing: a success or a cancellation is final, and of other states the latest counts, in one second the furthest.
create function private.apply_payment_intent(p_intent jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    news constant public.payment_status := private.payment_status_of(p_intent);
    payment public.payments;
begin
    select * into payment from private.lock_payment_of_intent(p_intent);

    if not found then
        if news = 'succeeded' then
            perform private.post_to_suspense(private.platform_id(), null, p_intent, p_occurred_at);
            return row('parked', 'unknown_payment')::private.stripe_outcome;
        end if;
        return row('ignored', 'unknown_payment')::private.stripe_outcome;
    end if;
    if payment.status in ('succeeded', 'cancelled') and payment.status = news then
        return row('processed', null)::private.stripe_outcome;
    end if;
    if news = 'succeeded' then
        return private.apply_payment_success(payment, p_intent, p_occurred_at);
    end if;
    if payment.status in ('succeeded', 'cancelled', 'unknown')
        or (news <> 'cancelled' and (p_occurred_at, news) <= (payment.last_event_at, payment.status))
    then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    update public.payments
    set status = news,
        last_event_at = greatest(last_event_at, p_occurred_at),
        authorized_cents = coalesce((p_intent ->> 'amount_capturable')::bigint, 0),
        authorized_at = case when news = 'authorized' then coalesce(authorized_at, p_occurred_at) end,
        failure_code = coalesce(
            p_intent #>> '{last_payment_error,decline_code}',
            p_intent #>> '{last_payment_error,code}'
        ),
        failure_message = left(p_intent #>> '{last_payment_error,message}', 500)
    where id = payment.id
    returning * into payment;

    perform private.keep_hold_while_processing(payment.booking_id, news);
    if news = 'authorized' and payment.capture_method = 'manual' and not private.accept_payment(payment) then
        perform private.cancel_payment(payment);
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- The payment that a PaymentIntent belongs to, locked: by its id, or before we have recorded that, by the metadata that we
-- gave it; once more by its id, for whoever recorded it at the same moment. No row when the intent is not one of ours.
create function private.lock_payment_of_intent(p_intent jsonb)
    returns setof public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    named_id uuid := private.uuid_or_null(p_intent -> 'metadata' ->> 'payment_id');
begin
    return query
    select payment.*
    from public.payments payment
    where payment.stripe_payment_intent_id = p_intent ->> 'id'
    for no key update;

    if not found then
        return query
        update public.payments payment
        set stripe_payment_intent_id = p_intent ->> 'id'
        where payment.id = named_id
            and payment.stripe_payment_intent_id is null
        returning payment.*;
    end if;

    if not found then
        return query
        select payment.*
        from public.payments payment
        where payment.stripe_payment_intent_id = p_intent ->> 'id'
        for no key update;
    end if;
end;
$$;

-- Our word for Stripe's status of a PaymentIntent. A decline brings the intent back to the start, to be tried again.
create function private.payment_status_of(p_intent jsonb)
    returns public.payment_status
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select case p_intent ->> 'status'
        when 'requires_payment_method' then 'requires_payment'
        when 'requires_confirmation' then 'requires_payment'
        when 'requires_action' then 'requires_action'
        when 'processing' then 'processing'
        when 'requires_capture' then 'authorized'
        when 'succeeded' then 'succeeded'
        when 'canceled' then 'cancelled'
    end::public.payment_status;
$$;

-- A payment that its bank is still processing keeps the booking's time until the lesson; when it comes back unpaid, the
-- learner has the checkout minutes once more.
create function private.keep_hold_while_processing(p_booking_id uuid, p_status public.payment_status)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    update public.bookings booking
    set hold_expires_at = case p_status
        when 'processing' then booking.start_at
        else least(
            booking.hold_expires_at,
            private.clock() + make_interval(mins => organization.checkout_hold_minutes)
        )
    end
    from public.organizations organization
    where booking.id = p_booking_id
        and organization.id = booking.org_id
        and booking.status = 'held';
$$;

-- Notes the charge that paid. Money is booked by the payment intent's and the refunds' own events.
create function private.apply_charge(p_charge jsonb)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    update public.payments
    set stripe_charge_id = p_charge ->> 'id'
    where stripe_payment_intent_id = private.expandable_id(p_charge -> 'payment_intent')
        and stripe_charge_id is null
        and p_charge ->> 'status' = 'succeeded';

    return case
        when exists (
            select
            from public.payments payment
            where payment.stripe_payment_intent_id = private.expandable_id(p_charge -> 'payment_intent')
        ) then row('processed', null)::private.stripe_outcome
        else row('ignored', 'unknown_payment')::private.stripe_outcome
    end;
end;
$$;

-- The id in a field that Stripe fills with an id or, expanded, with the object.
create function private.expandable_id(p_value jsonb)
    returns text
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select case jsonb_typeof(p_value)
        when 'string' then p_value #>> '{}'
        when 'object' then p_value ->> 'id'
    end;
$$;
