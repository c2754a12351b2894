-- Sets what the platform agreed with an organization: its fee, and when and at whose risk money is paid out; null leaves a
-- term as it is. Platform admins only. Definer: nobody updates organizations directly.
create function private.admin_set_terms(
    p_org_id uuid,
    p_reason text,
    p_fee_mode public.fee_mode,
    p_fee_bps integer,
    p_payout_hold interval,
    p_fee_refundable boolean,
    p_dispute_liability public.dispute_liability,
    p_referral_discount_bps integer,
    p_referral_reward_cents bigint
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    broken_rule text;
begin
    perform private.require_platform_admin(p_reason);

    update public.organizations
    set fee_mode = coalesce(p_fee_mode, fee_mode),
        fee_bps = coalesce(p_fee_bps, fee_bps),
        payout_hold = coalesce(p_payout_hold, payout_hold),
        fee_refundable = coalesce(p_fee_refundable, fee_refundable),
        dispute_liability = coalesce(p_dispute_liability, dispute_liability),
        referral_discount_bps = coalesce(p_referral_discount_bps, referral_discount_bps),
        referral_reward_cents = coalesce(p_referral_reward_cents, referral_reward_cents)
    where id = p_org_id;

    if not found then
        perform private.refuse(
            'PT404', 'organization_not_found',
            'There is no such organization.',
            'Check the id.'
        );
    end if;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;
