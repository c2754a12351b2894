-- Opens the payment of a held booking or of a credit purchase (21_open_for_credit), and returns what the webhook service needs
-- to create or fetch its PaymentIntent. The service has verified the person's token. A repeated call returns the same payment
-- and the same key.
-- Definer: the service has no access to the tables.
create function private.open_payment(p_user_id uuid, p_booking_id uuid, p_credit_id uuid default null)
    returns table (
        payment_id uuid,
        amount_cents bigint,
        currency text,
        stripe_payment_intent_id text,
        idempotency_key text,
        capture_method text,
        description text,
        transfer_group text,
        metadata jsonb
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
begin
    perform set_config('lplate.acting_user', p_user_id::text, true);
    payment := case
        when p_credit_id is null
            then private.open_booking_payment(private.require_payable_booking(p_user_id, p_booking_id), p_user_id)
        else private.open_credit_payment(private.require_payable_credit(p_user_id, p_credit_id), p_user_id)
    end;

    return query
    select
        payment.id,
        parameters.amount,
        parameters.currency,
        payment.stripe_payment_intent_id,
        private.intent_key(payment),
        parameters.capture_method,
        parameters.description,
        parameters.transfer_group,
        parameters.metadata
    from jsonb_to_record(private.intent_parameters(payment)) parameters (
        amount bigint, currency text, capture_method text, description text, transfer_group text, metadata jsonb
    );
end;
$$;

-- Returns, locked, a booking that the person may pay for now: their own, or one of a learner for whom they pay as guardian.
-- Refuses with the same error whether the booking is somebody else's or does not exist.
create function private.require_payable_booking(p_user_id uuid, p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
begin
    select * into booking
    from public.bookings
    where id = p_booking_id
        and (
            learner_id in (select learner.id from public.learners learner where learner.user_id = p_user_id)
            or learner_id = any (private.ward_ids(p_user_id, 'pay'))
        )
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You have no such booking.',
            'Check the booking''s id, and that you are signed in as the learner or as a guardian who may pay.'
        );
    end if;
    if booking.status = 'expired' or (booking.status = 'held' and booking.hold_expires_at <= private.clock()) then
        perform private.refuse(
            'PT409', 'hold_expired',
            'Your reservation has expired.',
            'Book the time again, if it is still free.'
        );
    end if;
    if booking.status <> 'held' then
        perform private.refuse(
            'PT409', 'booking_not_payable',
            format('This booking is %s, so there is nothing to pay.', booking.status),
            'Reload the booking.'
        );
    end if;
    return booking;
end;
$$;

-- Returns the booking's open payment, or opens one. A service with manual capture only authorizes the money if the lesson ends
-- within six days, because an authorization lasts seven; a booking further ahead is charged at once. A replacement booking
-- is charged only the difference from the original.
create function private.open_booking_payment(p_booking public.bookings, p_payer_id uuid)
    returns public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    original public.bookings;
begin
    select open_payment.* into payment
    from public.payments open_payment
    where open_payment.org_id = p_booking.org_id
        and open_payment.booking_id = p_booking.id
        and open_payment.status not in ('succeeded', 'cancelled');
    if found then
        return payment;
    end if;

    select * into original from public.bookings where org_id = p_booking.org_id and id = p_booking.original_booking_id;
    insert into public.payments (
        id, org_id, booking_id, payer_id, learner_id, instructor_id, currency,
        list_cents, discount_cents, fee_cents, share_cents, amount_cents, is_fee_refundable, minutes, capture_method,
        description, metadata
    )
    select
        new_id, p_booking.org_id, p_booking.id, p_payer_id, p_booking.learner_id, p_booking.instructor_id, p_booking.currency,
        p_booking.price_cents - coalesce(original.price_cents, 0),
        p_booking.discount_cents - coalesce(original.discount_cents, 0),
        p_booking.platform_fee_cents - coalesce(original.platform_fee_cents, 0),
        p_booking.instructor_share_cents - coalesce(original.instructor_share_cents, 0),
        p_booking.due_cents,
        p_booking.is_fee_refundable,
        extract(epoch from p_booking.end_at - p_booking.start_at) / 60,
        case
            when service.capture_mode = 'manual' and p_booking.end_at <= private.clock() + interval '6 days'
                then 'manual'
            else 'automatic'
        end::public.capture_mode,
        service.title,
        jsonb_build_object('payment_id', new_id, 'booking_id', p_booking.id, 'org_id', p_booking.org_id)
    from public.services service
    cross join gen_random_uuid() new_id
    where service.org_id = p_booking.org_id
        and service.id = p_booking.service_id
    returning * into payment;
    return payment;
end;
$$;

-- The idempotency key for creating a payment's PaymentIntent at Stripe.
create function private.intent_key(p_payment public.payments)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select 'payment_intent:' || p_payment.id;
$$;

-- The parameters for creating a payment's PaymentIntent: always the same ones, because Stripe compares them under one key.
create function private.intent_parameters(p_payment public.payments)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object(
        'amount', p_payment.amount_cents,
        'currency', p_payment.currency,
        'capture_method', p_payment.capture_method,
        'description', p_payment.description,
        'transfer_group', p_payment.id,
        'metadata', p_payment.metadata
    );
$$;
