-- Opens the payment of an order, or returns the one that is open, with what the webhook service needs to create or fetch its
-- PaymentIntent. p_ordered_id is an order, or a booking or a lot of prepaid hours of one: all that can be paid of the order now is
-- paid at once. The service has verified the person's token. A repeated call returns the same payment and the same key.
-- Definer: the service has no access to the tables.
create function private.open_payment(p_user_id uuid, p_ordered_id uuid)
    returns table (
        payment_id uuid,
        amount_cents bigint,
        currency text,
        stripe_payment_intent_id text,
        idempotency_key text,
        capture_method text,
        description text,
        transfer_group text,
        metadata jsonb,
        hold_expires_at timestamptz,
        receipt_email text
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    ordered public.orders := private.require_own_order(p_user_id, p_ordered_id);
    payment public.payments;
begin
    perform set_config('lplate.acting_user', p_user_id::text, true);
    perform private.lock_orders(array[ordered.id]);
    perform private.assert_order_is_payable(ordered.id, p_ordered_id);
    payment := coalesce(private.reuse_open_payment(ordered.id), private.add_payment(ordered, p_user_id));

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
        parameters.metadata,
        private.order_deadline(ordered.id),
        (select profile.email from public.profiles profile where profile.id = p_user_id)
    from jsonb_to_record(private.intent_parameters(payment)) parameters (
        amount bigint, currency text, capture_method text, description text, transfer_group text, metadata jsonb
    );
end;
$$;

-- Returns the order that the person may pay for: their own, or one of a learner for whom they pay as guardian. Refuses with the same
-- error whether it is somebody else's or does not exist.
create function private.require_own_order(p_user_id uuid, p_ordered_id uuid)
    returns public.orders
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    ordered public.orders;
begin
    select placed.* into ordered
    from public.orders placed
    where placed.id in (
            select p_ordered_id
            union all
            select booking.order_id from public.bookings booking where booking.id = p_ordered_id
            union all
            select item.order_id from public.order_items item where item.credit_id = p_ordered_id
        )
        and (
            placed.learner_id in (select learner.id from public.learners learner where learner.user_id = p_user_id)
            or placed.learner_id = any (private.ward_ids(p_user_id, 'pay'))
        );
    if not found then
        perform private.refuse(
            'PT404', 'order_not_found',
            'You have no such order, booking or purchase of hours.',
            'Check the id, and that you are signed in as the learner or as a guardian who may pay.'
        );
    end if;
    return ordered;
end;
$$;

-- Refuses an order of which nothing can be paid, or whose named booking or lot cannot. The caller has locked the order.
create function private.assert_order_is_payable(p_order_id uuid, p_ordered_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    named record;
begin
    if exists (
        select
        from private.payable_items(p_order_id) payable
        where p_ordered_id in (p_order_id, payable.booking_id, payable.credit_id)
    ) then
        return;
    end if;

    select ordered.status, ordered.hold_expires_at into named
    from (
        select booking.id, booking.status::text as status, booking.hold_expires_at
        from public.bookings booking
        where booking.order_id = p_order_id
        union all
        select lot.id, lot.status::text, lot.hold_expires_at
        from public.order_items item
        join public.learner_credits lot on lot.org_id = item.org_id and lot.id = item.credit_id
        where item.order_id = p_order_id
    ) ordered
    where p_ordered_id in (p_order_id, ordered.id)
    order by ordered.status in ('held', 'pending', 'expired') desc
    limit 1;
    if named.status = 'expired' or named.hold_expires_at <= private.clock() then
        perform private.refuse(
            'PT409', 'hold_expired',
            'The time to pay for this has expired.',
            'Book the time again, if it is still free, or buy the hours again at today''s price.'
        );
    end if;
    perform private.refuse(
        'PT409', 'order_not_payable',
        format('This is %s, so there is nothing to pay.', coalesce(named.status, 'empty')),
        'Reload it.'
    );
end;
$$;

-- What can be paid of an order now, and how much: its held lessons with something due, or its pending lot. Of a dearer replacement the
-- difference from the lesson as it is paid, unless that was paid outside: then the difference is, too.
create function private.payable_items(p_order_id uuid)
    returns table (
        item_id uuid, booking_id uuid, credit_id uuid, list_cents bigint, share_cents bigint, fee_cents bigint, discount_cents bigint,
        amount_cents bigint, minutes integer, ends_at timestamptz, service_id uuid
    )
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        item.id, booking.id, null::uuid,
        booking.price_cents - case when is_difference.so then item.list_cents else 0 end,
        booking.instructor_share_cents - case when is_difference.so then item.share_cents else item.credit_share_cents end,
        booking.platform_fee_cents - case when is_difference.so then item.fee_cents else item.credit_fee_cents end,
        booking.discount_cents - case when is_difference.so then item.discount_cents else item.credit_discount_cents end,
        booking.due_cents, item.minutes, booking.end_at, booking.service_id
    from public.bookings booking
    join public.order_items item
        on item.org_id = booking.org_id
        and item.booking_id in (booking.id, booking.original_booking_id)
    cross join lateral (select item.booking_id <> booking.id as so) is_difference
    where booking.order_id = p_order_id
        and booking.status = 'held'
        and booking.hold_expires_at > private.clock()
        and booking.due_cents > 0
        and not item.is_paid_outside
    union all
    select
        item.id, null, lot.id, item.list_cents, item.share_cents, item.fee_cents, item.discount_cents,
        item.total_cents, item.minutes, null, lot.service_id
    from public.order_items item
    join public.learner_credits lot on lot.org_id = item.org_id and lot.id = item.credit_id
    where item.order_id = p_order_id
        and lot.status = 'pending'
        and lot.hold_expires_at > private.clock();
end;
$$;

-- Until when an order is to be paid: the first deadline of what can be paid of it now.
create function private.order_deadline(p_order_id uuid)
    returns timestamptz
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select min(coalesce(booking.hold_expires_at, lot.hold_expires_at))
        from private.payable_items(p_order_id) payable
        left join public.bookings booking on booking.id = payable.booking_id
        left join public.learner_credits lot on lot.id = payable.credit_id
    );
end;
$$;

-- Returns the order's open payment, or null. If the order has changed since that was opened, because one of its lessons was cancelled or
-- has expired, that payment is cancelled, for another to take its place.
create function private.reuse_open_payment(p_order_id uuid)
    returns public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
begin
    select opened.* into payment
    from private.open_payments awaited
    join public.payments opened on opened.org_id = awaited.org_id and opened.id = awaited.payment_id
    where awaited.order_id = p_order_id;
    if not found then
        return null;
    end if;
    if payment.status <> 'unknown' and payment.amount_cents <> (
        select sum(payable.amount_cents) from private.payable_items(p_order_id) payable
    ) then
        update public.payments set is_replaced = true where org_id = payment.org_id and id = payment.id;
        perform private.cancel_payment(payment);
        return null;
    end if;
    return payment;
end;
$$;

-- Opens a payment for all that can be paid of an order. A lesson whose service asks for manual capture is only authorized if it is the
-- only one and ends within six days, because an authorization lasts seven; anything else is charged at once,
-- also what hours leave to pay.
create function private.add_payment(p_order public.orders, p_payer_id uuid)
    returns public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    new_id constant uuid := gen_random_uuid();
begin
    insert into public.payments (
        id, org_id, order_id, kind, payer_id, learner_id, instructor_id, currency,
        list_cents, discount_cents, fee_cents, share_cents, amount_cents, is_fee_refundable, minutes, capture_method,
        description, metadata
    )
    select
        new_id, p_order.org_id, p_order.id, min(item.kind::text)::public.payment_kind, p_payer_id, p_order.learner_id, p_order.instructor_id,
        p_order.currency, sum(payable.list_cents), sum(payable.discount_cents), sum(payable.fee_cents), sum(payable.share_cents),
        sum(payable.amount_cents), bool_and(item.is_fee_refundable), sum(payable.minutes),
        case
            when count(*) = 1 and bool_and(
                service.capture_mode = 'manual'
                and payable.ends_at <= private.clock() + interval '6 days'
                and private.prepaid_cents(item) = 0
            )
                then 'manual'
            else 'automatic'
        end::public.capture_mode,
        case
            when bool_or(payable.credit_id is not null) then 'Prepaid lessons'
            when count(*) = 1 then min(service.title)
            else format('%s lessons: %s', count(*), min(service.title))
        end,
        jsonb_build_object('payment_id', new_id, 'order_id', p_order.id, 'org_id', p_order.org_id)
    from private.payable_items(p_order.id) payable
    join public.order_items item on item.org_id = p_order.org_id and item.id = payable.item_id
    left join public.services service on service.org_id = p_order.org_id and service.id = payable.service_id
    returning * into payment;

    insert into public.payment_items (
        org_id, payment_id, item_id, booking_id, learner_id, instructor_id, share_cents, fee_cents, discount_cents, amount_cents
    )
    select
        p_order.org_id, payment.id, payable.item_id, payable.booking_id, p_order.learner_id, p_order.instructor_id,
        payable.share_cents, payable.fee_cents, payable.discount_cents, payable.amount_cents
    from private.payable_items(p_order.id) payable;
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
