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

-- Whether an object of Stripe bears metadata that we give, whether or not they lead to a row. What bears neither them nor a known id
-- belongs to other business on the same Stripe account.
create function private.bears_our_metadata(p_object jsonb)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        jsonb_typeof(p_object -> 'metadata') = 'object'
        and p_object -> 'metadata' ?| array['payment_id', 'refund_id', 'payout_id', 'connect_account_id'],
        false
    );
$$;

-- Returns the id from a field that Stripe fills with an id or, expanded, with the whole object.
create function private.expandable_id(p_value jsonb)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case jsonb_typeof(p_value)
        when 'string' then p_value #>> '{}'
        when 'object' then p_value ->> 'id'
    end;
$$;
