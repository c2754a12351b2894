-- Records Stripe's response to a refund from the outbox. Definer: the jobs have no access to the tables.
create function private.record_refund(p_refund_id uuid, p_refund jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if private.uuid_or_null(p_refund -> 'metadata' ->> 'refund_id') is distinct from p_refund_id then
        perform private.refuse(
            'PT422', 'wrong_refund',
            'That refund belongs to another row.',
            'Record the refund that was created with this row''s metadata.'
        );
    end if;
    perform private.apply_refund(p_refund, private.clock());
end;
$$;

-- Applies a refund from a Stripe event or response, also one made in Stripe's Dashboard. A refund only moves forward (pending,
-- requires_action, succeeded, then possibly failed), so late events change nothing. It is in the payment's currency, unless
-- the money itself came in another one and is in suspense.
create function private.apply_refund(p_refund jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.refund_status := replace(p_refund ->> 'status', 'canceled', 'cancelled');
    known constant private.stripe_objects := private.stripe_row('payments', private.expandable_id(p_refund -> 'payment_intent'));
    payment public.payments;
    refund public.refunds;
begin
    perform private.lock_orders(
        array(
            select paid.order_id
            from public.payments paid
            where paid.org_id = known.org_id
                and paid.id = known.row_id
        )
    );
    select * into payment
    from public.payments
    where org_id = known.org_id
        and id = known.row_id
    for no key update;
    if not found then
        return private.apply_refund_to_suspense(p_refund, p_occurred_at);
    end if;
    if payment.status <> 'unknown' and lower(p_refund ->> 'currency') is distinct from payment.currency then
        return row('parked', 'refund_currency_differs')::private.stripe_outcome;
    end if;

    refund := private.find_or_add_refund(payment, p_refund);
    if new_status <= refund.status then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    if new_status = 'succeeded' then
        perform private.post_refund(payment, refund, p_occurred_at);
    elsif new_status in ('failed', 'cancelled') then
        perform private.undo_refund(payment, refund, p_occurred_at);
    end if;

    update public.refunds
    set status = new_status,
        failure_code = p_refund ->> 'failure_reason'
    where org_id = refund.org_id
        and id = refund.id;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Returns the row of a Stripe refund: by its id, by the metadata we gave it, or added now if it was made in Stripe's Dashboard.
create function private.find_or_add_refund(p_payment public.payments, p_refund jsonb)
    returns public.refunds
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    known constant private.stripe_objects := private.stripe_row('refunds', p_refund ->> 'id');
    refund public.refunds;
begin
    select * into refund from public.refunds where org_id = known.org_id and id = known.row_id;
    if found then
        return refund;
    end if;

    update public.refunds
    set stripe_refund_id = p_refund ->> 'id'
    where org_id = p_payment.org_id
        and id = private.uuid_or_null(p_refund -> 'metadata' ->> 'refund_id')
        and payment_id = p_payment.id
        and amount_cents = (p_refund ->> 'amount')::bigint
        and stripe_refund_id is null
    returning * into refund;
    if found then
        return refund;
    end if;

    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, stripe_refund_id, metadata
    )
    values (
        p_payment.org_id, p_payment.id, p_payment.learner_id, p_payment.instructor_id, lower(p_refund ->> 'currency'),
        (p_refund ->> 'amount')::bigint, 'Made in Stripe''s Dashboard.', 'pending', p_refund ->> 'id',
        jsonb_strip_nulls(jsonb_build_object('booking_id', private.uuid_or_null(p_refund -> 'metadata' ->> 'booking_id')))
    )
    returning * into refund;
    return refund;
end;
$$;

-- A refund that failed may still be owed: the admins are told, unless the payer has all of the payment back another way. 82_effects
-- calls it.
create function private.alert_failed_refund(p_refund public.refunds)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if exists (
        select
        from public.payments payment
        where payment.org_id = p_refund.org_id
            and payment.id = p_refund.payment_id
            and payment.refunded_cents + payment.lost_cents >= payment.captured_cents
    ) then
        return;
    end if;
    perform private.raise_alert(
        p_refund.org_id, null, 'refund_failed',
        case p_refund.failure_code
            when 'refunds_not_in_books' then
                'A refund was not sent, because Stripe had refunded the payment before and the books did not know it. They do now: '
                'refund only what is still owed.'
            else 'A refund did not reach the payer. The money is still owed: refund it again, or another way.'
        end,
        'refunds', p_refund.id, format('refund:%s:failed', p_refund.id)
    );
end;
$$;

-- Brings the discount of what a refund pays back to what is back of its order. 82_effects calls it.
create function private.return_payment_discount(p_refund public.refunds)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.return_order_discount(payment.order_id)
    from public.payments payment
    where payment.org_id = p_refund.org_id
        and payment.id = p_refund.payment_id;
$$;

-- Refunds what is due of a payment of which Stripe's Dashboard had begun a refund that failed: nothing could be refunded while that was on
-- its way. 82_effects calls it.
create function private.refund_due_again(p_refund public.refunds)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.refund_due(paid.item_id, 'A refund made in Stripe''s Dashboard has failed.')
    from public.payment_items paid
    where paid.org_id = p_refund.org_id
        and paid.payment_id = p_refund.payment_id
        and p_refund.stripe_refund_id is not null
        and not exists (
            select
            from private.return_items named
            where named.org_id = p_refund.org_id
                and named.refund_id = p_refund.id
        );
$$;
