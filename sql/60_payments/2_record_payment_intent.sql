-- Takes Stripe's answer about a payment's intent. It says when the intent was made and cancelled, not when it succeeded: that
-- is final, and was just now as far as we know. Another state of it may be old news, so it counts from when it was made.
-- Definer: the services have no access to the tables.
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
    perform private.apply_payment_intent(
        p_payment_intent,
        case p_payment_intent ->> 'status'
            when 'succeeded' then private.clock()
            else to_timestamp(coalesce(p_payment_intent ->> 'canceled_at', p_payment_intent ->> 'created')::bigint)
        end
    );
end;
$$;
