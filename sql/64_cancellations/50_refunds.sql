-- Requests a refund for the learner, or a guardian who may pay; an admin decides. If the booking has several payments, the oldest
-- one that covers the amount is refunded. The same key and amount again are the same request.
-- Definer: refunds are written only through functions.
create function private.request_refund(p_booking_id uuid, p_amount_cents bigint, p_reason text, p_client_key text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    payment public.payments;
    refund_id uuid;
    broken_rule text;
    missing_column text;
begin
    select paid.* into payment
    from public.payments paid
    where paid.booking_id = p_booking_id
        and paid.is_accepted
        and paid.status = 'succeeded'
        and (
            paid.learner_id = any (private.my_learner_ids())
            or paid.learner_id = any (private.ward_ids(person, 'pay'))
        )
    order by
        exists (
            select
            from public.refunds asked
            where asked.org_id = paid.org_id
                and asked.payment_id = paid.id
                and asked.client_key = p_client_key
        ) desc,
        private.refundable_cents(paid) >= p_amount_cents desc,
        paid.created_at,
        paid.id
    limit 1
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'payment_not_found',
            'You have no such paid booking.',
            'Check the booking''s id. Prepaid hours are refunded by refund_credits.'
        );
    end if;

    refund_id := private.find_refund_by_client_key(payment.id, p_client_key, p_amount_cents);
    if refund_id is not null then
        return refund_id;
    end if;
    perform private.assert_may_request_refund(p_booking_id);
    perform private.assert_refund_amount(payment, p_amount_cents);
    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, client_key, requested_by
    )
    values (
        payment.org_id, payment.id, payment.learner_id, payment.instructor_id, payment.currency,
        p_amount_cents, p_reason, 'requested', p_client_key, person
    )
    returning id into refund_id;
    return refund_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Refuses a sixth request for one booking, whatever became of the others, so that nobody fills the list of the school's admins.
-- The caller holds the payment's lock.
create function private.assert_may_request_refund(p_booking_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    max_requests constant integer := 5;
begin
    if (
        select count(*)
        from public.payments payment
        join public.refunds refund on refund.org_id = payment.org_id and refund.payment_id = payment.id
        where payment.booking_id = p_booking_id
            and refund.requested_by is not null
    ) >= max_requests then
        perform private.refuse(
            'PT429', 'too_many_refund_requests',
            format('A refund of this booking was requested %s times.', max_requests),
            'Ask the school, or the platform''s support, about the earlier requests.'
        );
    end if;
end;
$$;

-- Grants or declines a requested refund; the organization's admins only.
-- Definer: refunds are written only through functions.
create function private.decide_refund(p_refund_id uuid, p_is_granted boolean, p_note text)
    returns public.refund_status
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
    payment public.payments;
begin
    perform private.require_person();
    select paid.* into payment
    from public.refunds asked
    join public.payments paid on paid.org_id = asked.org_id and paid.id = asked.payment_id
    where asked.id = p_refund_id
        and asked.org_id = any (private.my_admin_org_ids())
    for no key update of paid;
    select * into refund from public.refunds where id = p_refund_id and payment_id = payment.id and status = 'requested';
    if not found then
        perform private.refuse(
            'PT404', 'refund_not_found',
            'There is no such open refund request in your organization.',
            'Reload the list of refunds.'
        );
    end if;
    if p_is_granted is null then
        perform private.refuse_violation('', 'is_granted');
    end if;
    perform set_config('lplate.reason', left(p_note, 500), true);

    if p_is_granted then
        perform private.assert_refund_amount(payment, refund.amount_cents);
        update public.refunds set status = 'pending' where id = refund.id;
        perform private.send_refund(refund.id);
        return 'pending';
    end if;
    update public.refunds set status = 'declined' where id = refund.id;
    return 'declined';
end;
$$;

-- Refunds a payment in part or in full; platform admins only. The same key and amount again are the same refund.
-- Definer: refunds are written only through functions.
create function private.admin_refund(p_payment_id uuid, p_amount_cents bigint, p_reason text, p_client_key text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    refund_id uuid;
    broken_rule text;
begin
    perform private.require_platform_admin(p_reason);
    select * into payment from public.payments where id = p_payment_id for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'payment_not_found',
            'There is no such payment.',
            'Check the id.'
        );
    end if;

    refund_id := private.find_refund_by_client_key(payment.id, p_client_key, p_amount_cents);
    if refund_id is not null then
        return refund_id;
    end if;
    perform private.assert_refund_amount(payment, p_amount_cents);
    return private.create_refund(payment, p_amount_cents, p_reason, p_client_key);
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
        return null;
end;
$$;

-- Returns the id of the refund that an earlier request with the same key made, or null. The caller holds the payment's lock.
create function private.find_refund_by_client_key(p_payment_id uuid, p_client_key text, p_amount_cents bigint)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
begin
    select * into refund
    from public.refunds
    where payment_id = p_payment_id
        and client_key = p_client_key;
    if found and refund.amount_cents is distinct from p_amount_cents then
        perform private.refuse(
            'PT409', 'client_key_reused',
            'This p_client_key was already used with another amount.',
            'Send a new p_client_key for another refund.'
        );
    end if;
    return refund.id;
end;
$$;

-- Refuses an amount that the payment cannot refund. The caller holds the payment's lock.
create function private.assert_refund_amount(p_payment public.payments, p_amount_cents bigint)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if coalesce(p_amount_cents, 0) < 1 then
        perform private.refuse(
            'PT422', 'bad_amount',
            'The smallest refund is 1, in the minor unit.',
            'Send a positive whole number.'
        );
    end if;
    if p_payment.kind = 'credits' then
        perform private.refuse(
            'PT409', 'refund_by_minutes',
            'Prepaid hours are refunded by the minute.',
            'Call refund_credits.'
        );
    end if;
    perform private.assert_payment_is_refundable(p_payment, p_amount_cents);
end;
$$;
