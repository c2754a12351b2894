-- Asks Stripe to cancel the open payment of a booking or a purchase. One whose intent may not have been made yet is made with
-- the same key first, so that no answer that is still on its way can be paid later.
create function private.cancel_open_payment(p_booking_id uuid, p_credit_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    open_payment public.payments;
begin
    select payment.* into open_payment
    from public.payments payment
    where (payment.booking_id = p_booking_id or payment.credit_id = p_credit_id)
        and payment.status not in ('succeeded', 'cancelled', 'unknown')
        and not payment.is_accepted;

    if found then
        perform private.cancel_payment(open_payment);
    elsif not exists (
        select
        from public.payments payment
        where (payment.booking_id = p_booking_id or payment.credit_id = p_credit_id)
            and payment.status <> 'cancelled'
    ) then
        perform private.settle_redemption(p_booking_id, p_credit_id, 'released');
    end if;
end;
$$;
