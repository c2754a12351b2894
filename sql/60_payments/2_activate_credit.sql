-- Makes the minutes of a purchase that was paid usable. False if they were paid before.
create function private.activate_credit(p_credit_id uuid)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    credit public.learner_credits;
begin
    update public.learner_credits lot
    set status = 'active',
        hold_expires_at = null,
        activated_at = private.clock(),
        expires_at = private.clock() + make_interval(months => organization.credit_validity_months)
    from public.organizations organization
    where lot.id = p_credit_id
        and organization.id = lot.org_id
        and lot.status in ('pending', 'cancelled')
    returning lot.* into credit;
    if not found then
        return false;
    end if;

    perform private.move_credit(
        row(
            credit.id, credit.minutes_purchased,
            credit.instructor_share_cents, credit.platform_fee_cents, credit.discount_cents
        )::private.credit_part,
        'purchase', null, null
    );
    perform private.settle_redemption(null, credit.id, 'redeemed');
    return true;
end;
$$;
