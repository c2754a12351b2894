-- Refunds a payment in part or in full; platform admins only. p_booking_id names the lesson where the payment pays for several, or for
-- hours that the lesson used. The same key and amount again are the same refund.
-- Definer: refunds are written only through functions.
create function private.admin_refund(
    p_payment_id uuid,
    p_amount_cents bigint,
    p_reason text,
    p_client_key text,
    p_booking_id uuid
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    item public.order_items;
    refund_id uuid;
    broken_rule text;
begin
    perform private.require_platform_admin(p_reason);
    perform private.lock_orders(array(select paid.order_id from public.payments paid where paid.id = p_payment_id));
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
    item := private.require_refunded_item(payment, p_booking_id);
    if coalesce(p_amount_cents, 0) >= 1 then
        perform private.assert_payment_is_refundable(payment, p_amount_cents);
        if p_amount_cents > (
            select coalesce(sum(source.left_cents), 0) from private.refund_sources(item) source where source.payment_id = payment.id
        ) then
            perform private.assert_item_is_refundable(item, p_amount_cents);
            perform private.refuse(
                'PT409', 'refund_exceeds_payment',
                'This payment did not pay so much of this lesson.',
                'Send a smaller amount, or name another of its payments.'
            );
        end if;
    else
        perform private.assert_item_is_refundable(item, p_amount_cents);
    end if;
    return private.create_refund(payment, item.id, p_amount_cents, private.refund_kind(item), 0, p_reason, p_client_key);
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
        return null;
    when unique_violation then
        perform private.refuse_reused_refund_key();
        return null;
end;
$$;

-- Returns the lesson of which a payment is refunded: the one that is named, or the only one that it pays.
create function private.require_refunded_item(p_payment public.payments, p_booking_id uuid)
    returns public.order_items
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item public.order_items;
begin
    if p_payment.kind = 'credits' and p_booking_id is null then
        perform private.refuse(
            'PT409', 'refund_by_minutes',
            'Prepaid hours are refunded by the minute.',
            'Call refund_credits; or name the lesson that they were used for.'
        );
    end if;
    if p_booking_id is null and (
        select count(*)
        from public.payment_items part
        where part.org_id = p_payment.org_id
            and part.payment_id = p_payment.id
    ) > 1 then
        perform private.refuse(
            'PT422', 'lesson_not_named',
            'This payment pays for several lessons.',
            'Send p_booking_id, or cancel the lessons.'
        );
    end if;

    select paid.* into item
    from public.order_items paid
    where paid.org_id = p_payment.org_id
        and paid.kind = 'booking'
        and paid.booking_id = coalesce(p_booking_id, paid.booking_id)
        and (
            paid.id in (
                select part.item_id
                from public.payment_items part
                where part.org_id = p_payment.org_id
                    and part.payment_id = p_payment.id
            )
            or p_payment.id in (select source.payment_id from private.refund_sources(paid) source where p_booking_id is not null)
        );
    if not found then
        perform private.refuse(
            'PT404', 'payment_not_found',
            'This payment does not pay for that lesson.',
            'Check the ids.'
        );
    end if;
    return item;
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
