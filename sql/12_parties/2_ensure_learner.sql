-- The person as a learner of an organization. The marketplace takes everybody in; a school adds its learners itself, and
-- who has left it is a learner there no more.
create function private.ensure_learner(p_user_id uuid, p_org_id uuid)
    returns public.learners
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    learner public.learners;
    profile public.profiles;
begin
    select candidate.* into learner
    from public.learners candidate
    join public.organization_members member
        on member.org_id = candidate.org_id
        and member.user_id = candidate.user_id
        and member.role = 'learner'
    where candidate.org_id = p_org_id
        and candidate.user_id = p_user_id;
    if found then
        return learner;
    end if;

    select * into profile from public.profiles where id = p_user_id;
    if not found or p_org_id is distinct from private.marketplace_id() then
        perform private.refuse(
            '42501', 'not_a_learner_here',
            'Only learners of this organization can book here.',
            'Ask the school to add you as a learner.'
        );
    end if;

    insert into public.learners (org_id, user_id, full_name, email, phone)
    values (
        p_org_id,
        p_user_id,
        coalesce(nullif(profile.full_name, ''), nullif(profile.display_name, ''), 'Learner'),
        profile.email,
        profile.phone
    )
    on conflict (org_id, user_id) do nothing;

    insert into public.organization_members (org_id, user_id, role)
    values (p_org_id, p_user_id, 'learner')
    on conflict do nothing;

    select * into strict learner from public.learners where org_id = p_org_id and user_id = p_user_id;
    return learner;
end;
$$;
