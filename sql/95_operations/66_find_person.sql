-- Who has a login with an e-mail address, and what this person is in which organization: for the platform's support. Asking is recorded.
-- Definer: nobody may read the logins of others.
create function private.admin_find_person(p_email text, p_reason text)
    returns table (user_id uuid, email text, display_name text, standing text, org_id uuid, organization text, id uuid, since timestamptz)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person public.profiles;
begin
    perform private.require_platform_admin(p_reason);
    select profile.* into person
    from auth.users login
    join public.profiles profile on profile.id = login.id
    where login.email = lower(trim(p_email));
    if not found then
        perform private.refuse(
            'PT404', 'person_not_found',
            'There is no login with that e-mail address.',
            'Check the spelling; somebody without a login is found by name in their school.'
        );
    end if;
    perform private.record_decision('profiles', person.id::text, '{}', '{"is_looked_up": true}');
    return query
    select person.id, person.email, person.display_name, found.standing, found.org_id, organization.name, found.id, found.since
    from private.standings_of_person(person.id) found
    left join public.organizations organization on organization.id = found.org_id
    order by organization.name nulls first, found.standing;
end;
$$;

-- What a person is: the login, an admin of the platform, a guardian, and in each organization a member, a learner, an instructor.
create function private.standings_of_person(p_user_id uuid)
    returns table (standing text, org_id uuid, id uuid, since timestamptz)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'login', null::uuid, profile.id, profile.created_at from public.profiles profile where profile.id = p_user_id
    union all
    select 'platform_admin', null, admin.user_id, admin.created_at from private.platform_admins admin where admin.user_id = p_user_id
    union all
    select 'guardian', null, guardian.id, guardian.created_at from public.guardians guardian where guardian.user_id = p_user_id
    union all
    select 'member_' || member.role::text, member.org_id, member.id, member.created_at
    from public.organization_members member
    where member.user_id = p_user_id
    union all
    select 'learner', learner.org_id, learner.id, learner.created_at from public.learners learner where learner.user_id = p_user_id
    union all
    select 'instructor', instructor.org_id, instructor.id, instructor.created_at
    from public.instructors instructor
    where instructor.user_id = p_user_id;
end;
$$;
