-- Takes Stripe's answer to the making of a payment's intent.
-- Definer: the service has no access to the tables.
create function private.record_payment_intent(p_payment_id uuid, p_payment_intent jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    if private.uuid_or_null(p_payment_intent -> 'metadata' ->> 'payment_id') is distinct from p_payment_id then
        perform private.refuse(
            'PT422', 'wrong_payment_intent',
            'That payment intent belongs to another payment.',
            'Record the intent that was made with this payment''s metadata.'
        );
    end if;
    perform private.apply_payment_intent(p_payment_intent, to_timestamp((p_payment_intent ->> 'created')::bigint));
end;
$$;
