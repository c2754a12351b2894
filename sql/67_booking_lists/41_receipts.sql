-- The receipt of a payment as one JSON document, which the webhook service renders as a PDF: for whoever paid, the learner's family, and the
-- organization's admins. The first call keeps what it says; every later one says the same.
-- Definer: payers may not read the school's row, and nobody may write receipts.
create function private.receipt_for(p_user_id uuid, p_has_second_factor boolean, p_payment_id uuid)
    returns jsonb
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    outside public.outside_payments;
begin
    perform private.act_for(p_user_id, p_has_second_factor);
    perform private.require_person();
    select * into payment
    from public.payments paid
    where paid.id = p_payment_id
        and (
            paid.payer_id = p_user_id
            or paid.learner_id = any (private.my_family_ids())
            or paid.org_id = any (private.my_admin_org_ids())
        );
    select * into outside
    from public.outside_payments paid
    where paid.id = p_payment_id
        and (paid.learner_id = any (private.my_family_ids()) or paid.org_id = any (private.my_admin_org_ids()));
    perform private.assert_has_receipt(payment, outside);

    insert into private.receipts (org_id, payment_id, outside_payment_id, contents)
    values (
        coalesce(payment.org_id, outside.org_id), payment.id, outside.id,
        case when payment.id is null then private.outside_receipt_contents(outside) else private.receipt_contents(payment) end
    )
    on conflict do nothing;
    return (
        select receipt.contents || private.names_on_receipt(payment, outside)
        from private.receipts receipt
        where receipt.org_id = coalesce(payment.org_id, outside.org_id)
            and p_payment_id in (receipt.payment_id, receipt.outside_payment_id)
    );
end;
$$;

-- Refuses a payment that the caller may not see, and one that has brought no money.
create function private.assert_has_receipt(p_payment public.payments, p_outside public.outside_payments)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_payment.id is null and p_outside.id is null then
        perform private.refuse(
            'PT404', 'payment_not_found',
            'You have no payment with that id.',
            'Read my_payments, and check the id.'
        );
    end if;
    if p_payment.status <> 'succeeded' then
        perform private.refuse(
            'PT409', 'payment_not_succeeded',
            'Nothing was paid yet, so there is no receipt.',
            'Ask again once the payment has succeeded.'
        );
    end if;
end;
$$;

-- What a payment's receipt says besides names. The amounts of its lines, the fee on top and the discount sum to what was paid.
create function private.receipt_contents(p_payment public.payments)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select private.receipt_head(p_payment.org_id, p_payment.currency, min(posted.effective_at)) || jsonb_build_object(
            'receipt_id', p_payment.id,
            'method', 'card',
            'reference', p_payment.stripe_payment_intent_id,
            'lines', private.receipt_items(p_payment),
            'fee_cents', p_payment.fee_cents - private.included_fee_cents(p_payment),
            'discount_cents', p_payment.discount_cents,
            'amount_cents', p_payment.amount_cents,
            'uncaptured_cents', p_payment.amount_cents - p_payment.captured_cents
        )
        from private.ledger_transactions posted
        where posted.org_id = p_payment.org_id
            and posted.source_type = 'payment'
            and posted.source_id = p_payment.id
    );
end;
$$;

-- What was paid outside is paid for one lesson, whose price has the fee in it.
create function private.outside_receipt_contents(p_outside public.outside_payments)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select private.receipt_head(p_outside.org_id, p_outside.currency, p_outside.created_at) || jsonb_build_object(
            'receipt_id', p_outside.id,
            'method', p_outside.method,
            'reference', null,
            'lines', jsonb_build_array(
                jsonb_build_object(
                    'title', service.title,
                    'lesson_at', to_char(booking.start_at at time zone organization.time_zone, 'YYYY-MM-DD HH24:MI'),
                    'minutes', item.minutes,
                    'amount_cents', p_outside.amount_cents
                )
            ),
            'fee_cents', 0,
            'discount_cents', 0,
            'amount_cents', p_outside.amount_cents,
            'uncaptured_cents', 0
        )
        from public.order_items item
        join public.bookings booking on booking.org_id = item.org_id and booking.id = item.booking_id
        join public.services service on service.org_id = booking.org_id and service.id = booking.service_id
        join public.organizations organization on organization.id = item.org_id
        where item.org_id = p_outside.org_id
            and item.id = p_outside.item_id
    );
end;
$$;

create function private.receipt_head(p_org_id uuid, p_currency text, p_paid_at timestamptz)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object(
        'organization', organization.name,
        'tax_id', organization.tax_id,
        'time_zone', organization.time_zone,
        'paid_on', (p_paid_at at time zone organization.time_zone)::date,
        'currency', currency.code,
        'minor_digits', currency.minor_digits
    )
    from public.organizations organization
    cross join private.currencies currency
    where organization.id = p_org_id
        and currency.code = p_currency;
$$;

-- A line for each lesson or purchase of hours: its list price, or the part of it that this payment pays.
create function private.receipt_items(p_payment public.payments)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select jsonb_agg(
            jsonb_build_object(
                'title', coalesce(service.title, 'Prepaid hours'),
                'lesson_at', to_char(booking.start_at at time zone organization.time_zone, 'YYYY-MM-DD HH24:MI'),
                'minutes', item.minutes,
                'amount_cents', part.share_cents + case when private.is_fee_included(item) then part.fee_cents else 0 end
            )
            order by booking.start_at, part.item_id
        )
        from public.payment_items part
        join public.order_items item on item.org_id = part.org_id and item.id = part.item_id
        join public.organizations organization on organization.id = part.org_id
        left join public.bookings booking on booking.org_id = part.org_id and booking.id = coalesce(part.booking_id, item.booking_id)
        left join public.services service on service.org_id = booking.org_id and service.id = booking.service_id
        where part.org_id = p_payment.org_id
            and part.payment_id = p_payment.id
    );
end;
$$;

create function private.included_fee_cents(p_payment public.payments)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(sum(part.fee_cents), 0)::bigint
        from public.payment_items part
        join public.order_items item on item.org_id = part.org_id and item.id = part.item_id
        where part.org_id = p_payment.org_id
            and part.payment_id = p_payment.id
            and private.is_fee_included(item)
    );
end;
$$;

-- Whether an item's list price has the platform's fee in it; else the fee is on top.
create function private.is_fee_included(p_item public.order_items)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_item.list_cents = p_item.share_cents + p_item.fee_cents;
$$;

-- Who paid, for whom, and who teaches.
create function private.names_on_receipt(p_payment public.payments, p_outside public.outside_payments)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object(
        'payer', coalesce(payer.full_name, learner.full_name),
        'learner', learner.full_name,
        'instructor', instructor.display_name
    )
    from public.learners learner
    join public.instructors instructor
        on instructor.org_id = learner.org_id
        and instructor.id = coalesce(p_payment.instructor_id, p_outside.instructor_id)
    left join public.profiles payer on payer.id = p_payment.payer_id
    where learner.org_id = coalesce(p_payment.org_id, p_outside.org_id)
        and learner.id = coalesce(p_payment.learner_id, p_outside.learner_id);
$$;
