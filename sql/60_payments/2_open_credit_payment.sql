-- The open payment of a purchase of credit, or a new one.
create function private.open_credit_payment(p_credit public.learner_credits, p_payer_id uuid)
    returns public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    payment public.payments;
begin
    select open_payment.* into payment
    from public.payments open_payment
    where open_payment.credit_id = p_credit.id
        and open_payment.status not in ('succeeded', 'cancelled');
    if found then
        return payment;
    end if;

    insert into public.payments (
        id, org_id, kind, credit_id, payer_id, learner_id, instructor_id, currency,
        list_cents, discount_cents, fee_cents, share_cents, amount_cents, is_fee_refundable, minutes, description, metadata
    )
    select
        new_id, p_credit.org_id, 'credits', p_credit.id, p_payer_id, p_credit.learner_id, p_credit.instructor_id,
        p_credit.currency, p_credit.price_cents, p_credit.discount_cents, p_credit.platform_fee_cents,
        p_credit.instructor_share_cents, p_credit.total_cents, p_credit.is_fee_refundable, p_credit.minutes_purchased,
        'Prepaid lessons',
        jsonb_build_object('payment_id', new_id, 'credit_id', p_credit.id, 'org_id', p_credit.org_id)
    from gen_random_uuid() new_id
    returning * into payment;
    return payment;
end;
$$;
