-- The payment that a PaymentIntent belongs to, locked: by its id, or before we have recorded that, by the metadata that we
-- gave it; once more by its id, for whoever recorded it at the same moment. No row when the intent is not one of ours.
create function private.find_payment(p_intent jsonb)
    returns setof public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    named_id uuid := private.uuid_or_null(p_intent -> 'metadata' ->> 'payment_id');
begin
    return query
    select payment.*
    from public.payments payment
    where payment.stripe_payment_intent_id = p_intent ->> 'id'
    for no key update;

    if not found then
        return query
        update public.payments payment
        set stripe_payment_intent_id = p_intent ->> 'id'
        where payment.id = named_id
            and payment.stripe_payment_intent_id is null
        returning payment.*;
    end if;

    if not found then
        return query
        select payment.*
        from public.payments payment
        where payment.stripe_payment_intent_id = p_intent ->> 'id'
        for no key update;
    end if;
end;
$$;
