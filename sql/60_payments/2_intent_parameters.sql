-- What a payment's intent is made with at Stripe: the same each time, as its key demands.
create function private.intent_parameters(p_payment public.payments)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select jsonb_build_object(
        'amount', p_payment.amount_cents,
        'currency', p_payment.currency,
        'capture_method', p_payment.capture_method,
        'description', p_payment.description,
        'transfer_group', p_payment.id,
        'metadata', p_payment.metadata
    );
$$;
