-- Returns, locked, a credit purchase that the person may pay for now: their own, or one of a learner for whom they pay as
-- guardian. Refuses with the same error whether the purchase is somebody else's or does not exist. open_payment calls it.
create function private.require_payable_credit(p_user_id uuid, p_credit_id uuid)
    returns public.learner_credits
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
begin
    select * into credit
    from public.learner_credits
    where id = p_credit_id
        and (
            learner_id in (select learner.id from public.learners learner where learner.user_id = p_user_id)
            or learner_id = any (private.ward_ids(p_user_id, 'pay'))
        )
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'credit_not_found',
            'You have no such purchase of hours.',
            'Check the id, and that you are signed in as the learner or as a guardian who may pay.'
        );
    end if;
    if credit.status = 'cancelled' or (credit.status = 'pending' and credit.hold_expires_at <= private.clock()) then
        perform private.refuse(
            'PT409', 'hold_expired',
            'The time to pay at this price has expired.',
            'Buy the hours again at today''s price.'
        );
    end if;
    if credit.status <> 'pending' then
        perform private.refuse(
            'PT409', 'credit_not_payable',
            format('These hours are %s, so there is nothing to pay.', credit.status),
            'Reload your hours.'
        );
    end if;
    return credit;
end;
$$;

-- Returns the credit purchase's open payment, or opens one.
create function private.open_credit_payment(p_credit public.learner_credits, p_payer_id uuid)
    returns public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
begin
    select open_payment.* into payment
    from public.payments open_payment
    where open_payment.org_id = p_credit.org_id
        and open_payment.credit_id = p_credit.id
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
