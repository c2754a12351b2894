-- May this person give and take a role? Owners all of them, admins those below their own, platform admins everywhere.
create function private.has_rank(p_user_id uuid, p_org_id uuid, p_role public.org_role)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return exists (
        select from private.platform_admins admin where admin.user_id = p_user_id
    ) or exists (
        select
        from public.organization_members member
        where member.org_id = p_org_id
            and member.user_id = p_user_id
            and (
                member.role = 'owner'
                or (member.role = 'admin' and p_role in ('instructor', 'learner'))
            )
    );
end;
$$;
