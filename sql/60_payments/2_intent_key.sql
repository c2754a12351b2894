-- The idempotency key under which a payment's intent is made at Stripe.
create function private.intent_key(p_payment public.payments)
    returns text
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select 'payment_intent:' || p_payment.id;
$$;
