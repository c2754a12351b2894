-- Makes the refund's row and the command that carries it to Stripe with the row's key. The caller holds the payment's lock.
create function private.create_refund(
    p_payment public.payments,
    p_amount_cents bigint,
    p_reason text,
    p_client_key text default null
)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    new_refund_id uuid;
begin
    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, client_key, requested_by
    )
    values (
        p_payment.org_id, p_payment.id, p_payment.learner_id, p_payment.instructor_id,
        p_payment.currency, p_amount_cents, p_reason, 'pending', p_client_key, private.my_user_id()
    )
    returning id into new_refund_id;

    perform private.send_refund(new_refund_id);
    return new_refund_id;
end;
$$;
