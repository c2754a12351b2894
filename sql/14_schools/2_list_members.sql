-- Who belongs to an organization, with their names and roles. Definer: people may not read each other's profiles.
create function private.list_members(p_org_id uuid, p_role public.org_role, p_limit integer, p_after uuid)
    returns table (user_id uuid, full_name text, email text, roles public.org_role[])
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
begin
    perform private.require_org_admin(p_org_id);

    return query
    select profile.id, profile.full_name, profile.email, array_agg(member.role order by member.role)
    from public.organization_members member
    join public.profiles profile on profile.id = member.user_id
    where member.org_id = p_org_id
        and (p_after is null or profile.id > p_after)
    group by profile.id
    having p_role is null or p_role = any (array_agg(member.role))
    order by profile.id
    limit private.page_size(p_limit);
end;
$$;
