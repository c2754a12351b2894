-- The refund of some minutes: at the price really paid, without the fee where the platform keeps it.
create function private.create_credit_refund(
    p_payment public.payments,
    p_credit public.learner_credits,
    p_part private.credit_part,
    p_reason text,
    p_client_key text
)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    new_refund_id uuid;
    fee_cents constant bigint := case when p_credit.is_fee_refundable then p_part.fee_cents else 0 end;
    discount_cents constant bigint := case
        when p_credit.is_fee_refundable then p_part.discount_cents
        else greatest(p_part.discount_cents - p_part.fee_cents, 0)
    end;
begin
    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency,
        amount_cents, share_cents, fee_cents, discount_cents, reason, status, client_key, requested_by
    )
    values (
        p_payment.org_id, p_payment.id, p_payment.learner_id, p_payment.instructor_id, p_payment.currency,
        p_part.share_cents + fee_cents - discount_cents, p_part.share_cents, fee_cents, discount_cents,
        coalesce(p_reason, 'Unused hours were given back.'), 'pending', p_client_key, private.my_user_id()
    )
    returning id into new_refund_id;
    perform private.move_credit(p_part, 'refund', null, new_refund_id);
    perform private.send_refund(new_refund_id);
    return new_refund_id;
end;
$$;
