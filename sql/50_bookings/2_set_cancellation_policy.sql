-- Makes the next version of an organization's cancellation policy, for bookings from now on.
-- Definer: nobody writes policies directly.
create function private.set_cancellation_policy(p_org_id uuid, p_tiers jsonb)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    new_policy_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_org_admin(p_org_id);
    perform from public.organizations where id = p_org_id for no key update;
    if not coalesce(jsonb_typeof(p_tiers) = 'array' and jsonb_array_length(p_tiers) <= 10, false) then
        perform private.refuse_tiers();
    end if;

    insert into public.cancellation_policies (org_id, version)
    select p_org_id, coalesce(max(policy.version), 0) + 1
    from public.cancellation_policies policy
    where policy.org_id = p_org_id
    returning id into new_policy_id;

    insert into public.cancellation_tiers (policy_id, org_id, notice_minutes, refund_bps)
    select new_policy_id, p_org_id, tier.notice_minutes, tier.refund_bps
    from jsonb_to_recordset(p_tiers) tier (notice_minutes integer, refund_bps integer);

    if exists (
        select
        from public.cancellation_tiers tier
        join public.cancellation_tiers longer
            on longer.policy_id = tier.policy_id
            and longer.notice_minutes > tier.notice_minutes
            and longer.refund_bps < tier.refund_bps
        where tier.policy_id = new_policy_id
    ) then
        perform private.refuse_tiers();
    end if;
    return new_policy_id;
exception
    when unique_violation or data_exception then
        perform private.refuse_tiers();
        return null;
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;
