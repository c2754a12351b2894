-- The members of an organization with names and roles; for its admins. Definer: people may not read each other's profiles.
create function private.list_members(p_org_id uuid, p_role public.org_role, p_limit integer, p_after uuid)
    returns table (user_id uuid, full_name text, email text, roles public.org_role[])
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
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

-- Makes a member an owner or admin as well. Other roles, and people who are not members yet, need an invitation.
-- Definer: nobody writes memberships directly.
create function private.add_member_role(p_org_id uuid, p_user_id uuid, p_role public.org_role)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_can_assign_role(p_org_id, p_role);

    if p_role in ('instructor', 'learner') or not exists (
        select from public.organization_members where org_id = p_org_id and user_id = p_user_id
    ) then
        perform private.refuse(
            'PT422', 'invitation_needed',
            'That role begins with an invitation.',
            'Call invite_member with the person''s address.'
        );
    end if;

    insert into public.organization_members (org_id, user_id, role)
    values (p_org_id, p_user_id, p_role)
    on conflict do nothing;
end;
$$;

-- Removes a role: everybody can remove their own, and an admin another member's, if they may assign that role. What follows when an
-- instructor leaves is in 82_effects. Definer: nobody writes memberships directly.
create function private.remove_member_role(p_org_id uuid, p_user_id uuid, p_role public.org_role)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if p_user_id is distinct from private.require_person() then
        perform private.assert_can_assign_role(p_org_id, p_role);
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
end;
$$;

-- An organization that has an owner always keeps one. The organization's row is locked, so that two owners cannot leave at the
-- same time. Definer: the one who leaves may not see the other owners.
create function private.keep_an_owner()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform from public.organizations where id = old.org_id for no key update;

    if not exists (
        select from public.organization_members member where member.org_id = old.org_id and member.role = 'owner'
    ) then
        perform private.refuse(
            'PT409', 'last_owner',
            'An organization needs an owner.',
            'Make somebody else an owner first.'
        );
    end if;
    return null;
end;
$$;

create trigger keep_an_owner
    after update of role, org_id or delete on public.organization_members
    for each row
    when (old.role = 'owner')
    execute function private.keep_an_owner();

-- Deactivates an instructor of whom a person was the login, because that person has left the organization; existing bookings stay.
-- 82_effects calls it. Returns the instructor; null if the person was none.
create function private.deactivate_former_instructor(p_membership public.organization_members)
    returns public.instructors
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    update public.instructors
    set is_active = false
    where org_id = p_membership.org_id
        and user_id = p_membership.user_id
    returning * into instructor;
    return instructor;
end;
$$;

-- Activates or deactivates an instructor; existing bookings stay. Somebody who has left is invited again instead. For the school's
-- admins. Definer: nobody may update is_active directly.
create function private.set_instructor_active(p_instructor_id uuid, p_is_active boolean)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    perform private.require_person();
    if p_is_active is null then
        perform private.refuse_violation('', 'is_active');
    end if;

    update public.instructors
    set is_active = p_is_active
    where id = p_instructor_id
        and org_id = any (private.my_admin_org_ids())
    returning * into instructor;

    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'Your organization has no such instructor.',
            'Check the id.'
        );
    end if;
    if instructor.is_active and instructor.user_id is not null and not exists (
        select
        from public.organization_members member
        where member.org_id = instructor.org_id
            and member.user_id = instructor.user_id
            and member.role = 'instructor'
    ) then
        perform private.refuse(
            'PT409', 'instructor_has_left',
            'This instructor has left your organization.',
            'Invite them again with invite_member.'
        );
    end if;
end;
$$;

-- Refuses a caller who does not administer the organization, or may not assign this role there.
create function private.assert_can_assign_role(p_org_id uuid, p_role public.org_role)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_org_admin(p_org_id);
begin
    if p_role is null then
        perform private.refuse_violation('', 'role');
    end if;
    if not private.can_assign_role(person, p_org_id, p_role) then
        perform private.refuse(
            '42501', 'role_above_yours',
            'Only an owner can do this.',
            'Ask an owner of the organization.'
        );
    end if;
end;
$$;

-- True if the person may give and remove this role: owners every role, admins instructor and learner, platform admins every role
-- in every organization.
create function private.can_assign_role(p_user_id uuid, p_org_id uuid, p_role public.org_role)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
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
