-- Refunds a part of a payment, or all of it; platform admins only. The same key and amount again are the same refund.
-- Definer: nobody writes refunds directly.
create function private.admin_refund(p_payment_id uuid, p_amount_cents bigint, p_reason text, p_client_key text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payment public.payments;
    refund_id uuid;
    broken_rule text;
begin
    perform private.require_platform_admin(p_reason);
    select * into payment from public.payments where id = p_payment_id for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'payment_not_found',
            'There is no such payment.',
            'Check the id.'
        );
    end if;

    refund_id := private.repeat_of_refund(payment.id, p_client_key, p_amount_cents);
    if refund_id is not null then
        return refund_id;
    end if;
    perform private.check_refund_amount(payment, p_amount_cents);
    return private.create_refund(payment, p_amount_cents, p_reason, p_client_key);
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
        return null;
end;
$$;
