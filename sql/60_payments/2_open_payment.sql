-- What the webhook service needs to make or fetch the PaymentIntent of a held booking or of a purchase of credit, for a
-- signed-in person whose token it has verified. Asked again, it answers with the same payment and the same key.
-- Definer: the service has no access to the tables.
create function private.open_payment(p_user_id uuid, p_booking_id uuid, p_credit_id uuid default null)
    returns table (
        payment_id uuid,
        amount_cents bigint,
        currency text,
        stripe_payment_intent_id text,
        idempotency_key text,
        capture_method text,
        description text,
        transfer_group text,
        metadata jsonb
    )
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payment public.payments;
begin
    perform set_config('lplate.acting_user', p_user_id::text, true);
    payment := case
        when p_credit_id is null
            then private.open_booking_payment(private.require_payable_booking(p_user_id, p_booking_id), p_user_id)
        else private.open_credit_payment(private.require_payable_credit(p_user_id, p_credit_id), p_user_id)
    end;

    return query
    select
        payment.id,
        parameters.amount,
        parameters.currency,
        payment.stripe_payment_intent_id,
        private.intent_key(payment),
        parameters.capture_method,
        parameters.description,
        parameters.transfer_group,
        parameters.metadata
    from jsonb_to_record(private.intent_parameters(payment)) parameters (
        amount bigint, currency text, capture_method text, description text, transfer_group text, metadata jsonb
    );
end;
$$;
