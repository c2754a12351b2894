grant execute on function private.my_user_id to authenticated;
grant execute on function private.platform_id to authenticated;
grant execute on function private.is_platform_admin to authenticated;
grant execute on function private.my_admin_org_ids to authenticated;
grant execute on function private.my_school_ids to authenticated;
grant execute on function private.my_org_ids to authenticated;
grant execute on function private.my_verified_email to authenticated;

create policy select_member on public.organizations
    for select
    to authenticated
    using (id = any ((select private.my_org_ids())::uuid[]));

grant select on public.organizations to authenticated, service_role;
-- NOTE: no write is granted: the settings decide about money, so organizations change only through functions and Studio.

create policy select_own on public.profiles
    for select
    to authenticated
    using (id = (select private.my_user_id()));

create policy update_own on public.profiles
    for update
    to authenticated
    using (id = (select private.my_user_id()));

grant select on public.profiles to authenticated, service_role;
grant update (full_name, display_name, first_name, last_name, phone, avatar_url, time_zone, locale)
    on public.profiles to authenticated;
-- NOTE: the address follows the login, and sync_profile inserts.

create policy select_own_or_admin on public.organization_members
    for select
    to authenticated
    using (
        user_id = (select private.my_user_id())
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.organization_members to authenticated, service_role;
-- NOTE: no write is granted: roles change only through the functions of 14_schools.

grant select on public.my_roles to authenticated;

grant execute on function private.check_request to anon, authenticated, service_role;
grant execute on function public.check_request to anon, authenticated, service_role;

-- The setting belongs to the role, not to the database: it is written once, and whoever restores a backup elsewhere
-- repeats it.
do $$
begin
    if not exists (
        select
        from pg_db_role_setting
        where setrole = 'authenticator'::regrole
            and setconfig @> '{pgrst.db_pre_request=public.check_request}'
    ) then
        alter role authenticator set pgrst.db_pre_request = 'public.check_request';
    end if;
exception
    when insufficient_privilege then
        raise warning 'Visitors are refused without a code until a superuser runs: '
            'alter role authenticator set pgrst.db_pre_request = ''public.check_request''';
end;
$$;
notify pgrst, 'reload config';
