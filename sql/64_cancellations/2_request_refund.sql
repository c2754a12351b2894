-- The learner, or a guardian who may pay, asks for money back; an admin decides. Of several payments it is the first that covers
-- it. The same key and amount again are the same request. Definer: nobody writes refunds directly.
create function private.request_refund(p_booking_id uuid, p_amount_cents bigint, p_reason text, p_client_key text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    person uuid := private.require_person();
    payment public.payments;
    refund_id uuid;
    broken_rule text;
    missing_column text;
begin
    select paid.* into payment
    from public.payments paid
    where paid.booking_id = p_booking_id
        and paid.is_accepted
        and paid.status = 'succeeded'
        and (
            paid.learner_id = any (private.my_learner_ids())
            or paid.learner_id = any (private.ward_ids(person, 'pay'))
        )
    order by
        exists (
            select from public.refunds asked where asked.payment_id = paid.id and asked.client_key = p_client_key
        ) desc,
        private.refundable_cents(paid) >= p_amount_cents desc,
        paid.created_at,
        paid.id
    limit 1
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'payment_not_found',
            'You have paid for no such booking.',
            'Check the booking''s id. Prepaid hours are refunded by refund_credits.'
        );
    end if;

    refund_id := private.repeat_of_refund(payment.id, p_client_key, p_amount_cents);
    if refund_id is not null then
        return refund_id;
    end if;
    perform private.check_refund_amount(payment, p_amount_cents);
    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, client_key, requested_by
    )
    values (
        payment.org_id, payment.id, payment.learner_id, payment.instructor_id, payment.currency,
        p_amount_cents, p_reason, 'requested', p_client_key, person
    )
    returning id into refund_id;
    return refund_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;
