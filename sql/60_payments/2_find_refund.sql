-- The row of a Stripe refund: by its id, by the metadata that we gave it, or made now for one that we did not ask for.
create function private.find_refund(p_payment public.payments, p_refund jsonb)
    returns public.refunds
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    refund public.refunds;
begin
    select * into refund from public.refunds where stripe_refund_id = p_refund ->> 'id';
    if found then
        return refund;
    end if;

    update public.refunds
    set stripe_refund_id = p_refund ->> 'id'
    where id = private.uuid_or_null(p_refund -> 'metadata' ->> 'refund_id')
        and payment_id = p_payment.id
        and amount_cents = (p_refund ->> 'amount')::bigint
        and stripe_refund_id is null
    returning * into refund;
    if found then
        return refund;
    end if;

    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, stripe_refund_id
    )
    values (
        p_payment.org_id, p_payment.id, p_payment.learner_id, p_payment.instructor_id, p_payment.currency,
        (p_refund ->> 'amount')::bigint, 'Made in Stripe''s Dashboard.', 'pending', p_refund ->> 'id'
    )
    returning * into refund;
    if p_payment.kind = 'credits' and p_payment.is_accepted then
        refund := private.take_refunded_minutes(p_payment, refund);
    end if;
    return refund;
end;
$$;
