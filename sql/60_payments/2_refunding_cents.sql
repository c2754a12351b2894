-- The sum of a payment's refunds that succeeded or may still succeed.
create function private.refunding_cents(p_payment_id uuid)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select coalesce(sum(refund.amount_cents), 0)::bigint
    from public.refunds refund
    where refund.payment_id = p_payment_id
        and refund.status in ('pending', 'requires_action', 'succeeded');
$$;
