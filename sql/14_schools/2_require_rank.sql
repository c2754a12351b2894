-- Refuses who administers the organization but gives or takes a role above their own: only owners make owners and admins.
create function private.require_rank(p_org_id uuid, p_role public.org_role)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    perform private.require_org_admin(p_org_id);

    if p_role in ('owner', 'admin')
        and not private.is_platform_admin()
        and not exists (
            select
            from public.organization_members member
            where member.org_id = p_org_id
                and member.user_id = private.my_user_id()
                and member.role = 'owner'
        )
    then
        perform private.refuse(
            '42501', 'role_above_yours',
            'Only an owner can do this.',
            'Ask an owner of the organization.'
        );
    end if;
end;
$$;
