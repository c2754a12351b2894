-- Records a refund that was made another way than through Stripe, such as a transfer from the platform's bank account after Stripe could
-- not reach the payer; platform admins only. The next jobs maintain posts it, since no person moves money: then it
-- takes minutes or lessons as a refund made in Stripe's Dashboard does. The same key and amount again are the same
-- refund.
-- Definer: refunds are written only through functions.
create function private.admin_record_refund(p_payment_id uuid, p_amount_cents bigint, p_reason text, p_client_key text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    refund public.refunds;
    broken_rule text;
begin
    perform private.require_platform_admin(p_reason);
    perform private.lock_orders(array(select paid.order_id from public.payments paid where paid.id = p_payment_id));
    select * into payment from public.payments where id = p_payment_id for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'payment_not_found',
            'There is no such payment.',
            'Check the id.'
        );
    end if;
    refund.id := private.find_refund_by_client_key(payment.id, p_client_key, p_amount_cents);
    if refund.id is not null then
        return refund.id;
    end if;
    if coalesce(p_amount_cents, 0) < 1 then
        perform private.refuse(
            'PT422', 'bad_amount',
            'The smallest refund is 1, in the minor unit.',
            'Send a positive whole number.'
        );
    end if;
    perform private.assert_payment_is_refundable(payment, p_amount_cents);

    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, client_key, requested_by,
        is_made_elsewhere
    )
    values (
        payment.org_id, payment.id, payment.learner_id, payment.instructor_id, payment.currency, p_amount_cents, p_reason,
        'pending', p_client_key, private.my_user_id(), true
    )
    returning * into refund;
    return refund.id;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
        return null;
end;
$$;

-- Posts the refunds of an organization that admins have recorded, and returns how many. Called by jobs maintain.
create function private.post_recorded_refunds(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    recorded record;
    payment public.payments;
    refund public.refunds;
    posted_count integer := 0;
begin
    for recorded in
        select waiting.org_id, waiting.id, waiting.payment_id
        from public.refunds waiting
        where waiting.org_id = p_org_id
            and waiting.is_made_elsewhere
            and waiting.status = 'pending'
        order by waiting.payment_id, waiting.id
        limit 100
    loop
        perform private.lock_orders(array(select paid.order_id from public.payments paid where paid.id = recorded.payment_id));
        select * into strict payment
        from public.payments
        where org_id = recorded.org_id
            and id = recorded.payment_id
        for no key update;
        select * into refund
        from public.refunds
        where org_id = recorded.org_id
            and id = recorded.id
            and status = 'pending'
        for no key update;
        if found then
            perform private.post_refund(payment, refund, private.clock());
            update public.refunds set status = 'succeeded' where org_id = refund.org_id and id = refund.id;
            posted_count := posted_count + 1;
        end if;
    end loop;
    return posted_count;
end;
$$;
