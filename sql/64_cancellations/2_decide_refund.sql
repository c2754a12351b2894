-- An admin of the organization grants or declines a refund that was asked for. Definer: nobody writes refunds directly.
create function private.decide_refund(p_refund_id uuid, p_is_granted boolean, p_note text)
    returns public.refund_status
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    refund public.refunds;
    payment public.payments;
begin
    perform private.require_person();
    select paid.* into payment
    from public.refunds asked
    join public.payments paid on paid.id = asked.payment_id
    where asked.id = p_refund_id
        and asked.org_id = any (private.my_admin_org_ids())
    for no key update of paid;
    select * into refund from public.refunds where id = p_refund_id and payment_id = payment.id and status = 'requested';
    if not found then
        perform private.refuse(
            'PT404', 'refund_not_found',
            'There is no such request to decide.',
            'Reload the list of refunds.'
        );
    end if;
    if p_is_granted is null then
        perform private.refuse_violation('', 'is_granted');
    end if;
    perform set_config('lplate.reason', left(p_note, 500), true);

    if p_is_granted then
        perform private.check_refund_amount(payment, refund.amount_cents);
        update public.refunds set status = 'pending' where id = refund.id;
        perform private.send_refund(refund.id);
        return 'pending';
    end if;
    update public.refunds set status = 'declined' where id = refund.id;
    return 'declined';
end;
$$;
