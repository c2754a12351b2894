-- What can still be refunded of a payment: captured, and neither refunded, on its way back nor disputed. The caller holds the
-- payment's lock.
create function private.refundable_cents(p_payment public.payments)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return (
        select case
            when p_payment.is_disputed or p_payment.status <> 'succeeded' then 0
            else p_payment.captured_cents - p_payment.lost_cents - private.refunding_cents(p_payment.id)
        end
    );
end;
$$;
