-- Maps Stripe's status of a PaymentIntent to ours. After a decline Stripe returns the intent to its first status.
create function private.payment_status_of(p_intent jsonb)
    returns public.payment_status
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
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

-- Why the last attempt to pay a PaymentIntent failed, as Stripe's code; null if none did.
create function private.intent_failure_code(p_intent jsonb)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(p_intent #>> '{last_payment_error,decline_code}', p_intent #>> '{last_payment_error,code}');
$$;
