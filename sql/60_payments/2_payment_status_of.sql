-- Our word for Stripe's status of a PaymentIntent. A decline brings the intent back to the start, to be tried again.
create function private.payment_status_of(p_intent jsonb)
    returns public.payment_status
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select case p_intent ->> 'status'
        when 'requires_payment_method' then 'requires_payment'
        when 'requires_confirmation' then 'requires_payment'
        when 'requires_action' then 'requires_action'
        when 'processing' then 'processing'
        when 'requires_capture' then 'authorized'
        when 'succeeded' then 'succeeded'
        when 'canceled' then 'cancelled'
    end::public.payment_status;
$$;
