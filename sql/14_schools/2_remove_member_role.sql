-- Takes a role away: an admin somebody else's, up to their own rank, and everybody their own. An instructor who leaves takes
-- no more bookings. Definer: nobody writes memberships directly.
create function private.remove_member_role(p_org_id uuid, p_user_id uuid, p_role public.org_role)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    if p_user_id is distinct from private.require_person() then
        perform private.require_rank(p_org_id, p_role);
    end if;

    delete from public.organization_members
    where org_id = p_org_id
        and user_id = p_user_id
        and role = p_role;
    if not found then
        perform private.refuse(
            'PT404', 'member_not_found',
            'There is no such member with that role.',
            'Reload the list of members.'
        );
    end if;

    if p_role = 'instructor' then
        update public.instructors
        set is_active = false
        where org_id = p_org_id
            and user_id = p_user_id;
    end if;
end;
$$;
