-- Gives a member one more role; who is no member yet is invited. Definer: nobody writes memberships directly.
create function private.add_member_role(p_org_id uuid, p_user_id uuid, p_role public.org_role)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.require_rank(p_org_id, p_role);

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
