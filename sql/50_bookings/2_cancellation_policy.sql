-- The tiers of an organization's latest policy, longest notice first. Definer: visitors may see what they would agree to.
create function private.cancellation_policy(p_org_id uuid)
    returns setof public.cancellation_tiers
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select tier.*
    from public.cancellation_tiers tier
    where tier.policy_id = (
        select latest.id
        from public.cancellation_policies latest
        where latest.org_id = p_org_id
        order by latest.version desc
        limit 1
    )
    order by tier.notice_minutes desc;
$$;
