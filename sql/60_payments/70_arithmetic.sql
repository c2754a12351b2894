-- Whether a payment's money is in suspense, because another amount was received, or after the payment was cancelled.
create function private.is_set_aside(p_payment public.payments)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_payment.status = 'unknown' or p_payment.status = 'cancelled' and exists (
        select
        from private.suspense_items item
        where item.org_id = p_payment.org_id
            and item.payment_id = p_payment.id
    );
end;
$$;

-- The amount of a payment that can still be refunded: captured, not lost, and not in a refund that succeeded or may succeed. Zero
-- while a dispute is open. The caller holds the payment's lock.
create function private.refundable_cents(p_payment public.payments)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select case
            when p_payment.is_disputed or p_payment.status <> 'succeeded' then 0
            else p_payment.captured_cents - p_payment.lost_cents - private.committed_refund_cents(p_payment.id)
        end
    );
end;
$$;

-- The sum of a payment's refunds that succeeded or may still succeed.
create function private.committed_refund_cents(p_payment_id uuid)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(sum(refund.amount_cents), 0)::bigint
        from public.refunds refund
        where refund.payment_id = p_payment_id
            and refund.status in ('pending', 'requires_action', 'succeeded')
    );
end;
$$;

-- The ids of the items that a payment pays.
create function private.paid_item_ids(p_payment_id uuid)
    returns setof uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select part.item_id from public.payment_items part where part.payment_id = p_payment_id order by part.item_id;
$$;

-- The ids of the payments that pay an item.
create function private.paying_payment_ids(p_item_id uuid)
    returns setof uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select part.payment_id from public.payment_items part where part.item_id = p_item_id order by part.payment_id;
$$;
