-- The organizations that the caller belongs to or administers.
-- Definer: reads memberships without their own policy, which would ask this function again.
create function private.my_org_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return private.my_admin_org_ids() || array(
        select distinct member.org_id
        from public.organization_members member
        where member.user_id = private.my_user_id()
    );
end;
$$;
