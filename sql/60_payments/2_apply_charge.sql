-- Notes the charge that paid. Money is booked by the payment intent's and the refunds' own events.
create function private.apply_charge(p_charge jsonb)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    update public.payments
    set stripe_charge_id = p_charge ->> 'id'
    where stripe_payment_intent_id = private.expandable_id(p_charge -> 'payment_intent')
        and stripe_charge_id is null
        and p_charge ->> 'status' = 'succeeded';

    return case
        when exists (
            select
            from public.payments payment
            where payment.stripe_payment_intent_id = private.expandable_id(p_charge -> 'payment_intent')
        ) then row('processed', null)::private.stripe_outcome
        else row('ignored', 'unknown_payment')::private.stripe_outcome
    end;
end;
$$;
