-- Gives what a payment was made for, once: the booking's time, or the minutes. False means that it cannot be had any more, so
-- that the money has to go back.
create function private.accept_payment(p_payment public.payments)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    can_be_had boolean := p_payment.is_accepted;
begin
    if p_payment.is_accepted then
        return true;
    end if;
    can_be_had := case p_payment.kind
        when 'credits' then private.activate_credit(p_payment.credit_id)
        else private.confirm_paid_booking(p_payment.booking_id)
    end;
    if can_be_had then
        update public.payments set is_accepted = true where id = p_payment.id;
    end if;
    return can_be_had;
end;
$$;
