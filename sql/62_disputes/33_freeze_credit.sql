-- Freezes a lot while its payment is disputed, so that its minutes are not used meanwhile. 82_effects calls it.
create function private.freeze_credit(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.learner_credits lot
    set status = case when p_payment.is_disputed then 'frozen' else 'active' end::public.credit_status
    from public.order_items item
    where item.org_id = p_payment.org_id
        and item.order_id = p_payment.order_id
        and lot.org_id = item.org_id
        and lot.id = item.credit_id
        and lot.status = case when p_payment.is_disputed then 'active' else 'frozen' end::public.credit_status;
end;
$$;
