-- The organizations that the caller administers: all of them for a platform admin, so that policies need no second arm.
-- Definer: reads memberships without their own policy, which would ask this function again.
create function private.my_admin_org_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    if private.is_platform_admin() then
        return array(select organization.id from public.organizations organization);
    end if;
    return array(
        select member.org_id
        from public.organization_members member
        where member.user_id = private.my_user_id()
            and member.role in ('owner', 'admin')
    );
end;
$$;
