-- Grants or declines a requested refund; the organization's admins only, and nobody what they or their wards would get. All refunds of one
-- request are decided together.
-- Definer: refunds are written only through functions.
create function private.decide_refund(p_refund_id uuid, p_is_granted boolean, p_note text)
    returns public.refund_status
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
    payment public.payments;
    asked_id uuid;
begin
    perform private.require_person();
    perform private.lock_orders(
        array(
            select paid.order_id
            from public.refunds asked
            join public.payments paid on paid.org_id = asked.org_id and paid.id = asked.payment_id
            where asked.id = p_refund_id
        )
    );
    select coalesce(asked.request_id, asked.id) into asked_id
    from public.refunds asked
    where asked.id = p_refund_id
        and asked.org_id = any (private.my_admin_org_ids())
        and asked.status = 'requested';
    if not found then
        perform private.refuse(
            'PT404', 'refund_not_found',
            'There is no such open refund request in your organization.',
            'Reload the list of refunds.'
        );
    end if;
    if p_is_granted is null then
        perform private.refuse_violation('', 'is_granted');
    end if;
    perform private.assert_refund_is_not_ones_own(asked_id);
    perform set_config('lplate.reason', left(p_note, 500), true);

    for refund in
        select asked.*
        from public.refunds asked
        where asked_id in (asked.id, asked.request_id)
            and asked.status = 'requested'
        order by asked.id
    loop
        select * into strict payment from public.payments where org_id = refund.org_id and id = refund.payment_id for no key update;
        if p_is_granted then
            perform private.assert_payment_is_refundable(payment, refund.amount_cents);
        end if;
        update public.refunds
        set status = case when p_is_granted then 'pending' else 'declined' end::public.refund_status
        where org_id = refund.org_id
            and id = refund.id;
        if p_is_granted then
            perform private.send_refund(refund.id);
        end if;
    end loop;
    return case when p_is_granted then 'pending' else 'declined' end;
end;
$$;

-- Refuses an admin who is the learner of a requested refund, or one of their guardians.
create function private.assert_refund_is_not_ones_own(p_refund_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if exists (
        select
        from public.refunds asked
        where asked.id = p_refund_id
            and asked.learner_id = any (private.my_family_ids())
    ) then
        perform private.refuse(
            '42501', 'not_yours_to_decide',
            'Nobody decides about a refund that they would get.',
            'Another admin of the school decides, or the platform''s support.'
        );
    end if;
end;
$$;
