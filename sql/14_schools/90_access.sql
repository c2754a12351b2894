create policy select_admin_or_invited on public.invitations
    for select
    to authenticated
    using (
        org_id = any ((select private.my_admin_org_ids())::uuid[])
        or accepted_by = (select private.my_user_id())
        or (
            lower(email) = (select private.my_verified_email())
            and accepted_at is null
            and revoked_at is null
            and expires_at > (select private.clock())
        )
    );

grant select on public.invitations to authenticated, service_role;
-- NOTE: no write is granted: roles are offered through functions only.

grant execute on function private.create_organization to authenticated;
grant execute on function public.create_organization to authenticated;
grant execute on function private.update_organization to authenticated;
grant execute on function public.update_organization to authenticated;
grant execute on function private.admin_set_terms to authenticated;
grant execute on function public.admin_set_terms to authenticated;
grant execute on function private.list_members to authenticated;
grant execute on function public.list_members to authenticated;
grant execute on function private.set_instructor_active to authenticated;
grant execute on function public.set_instructor_active to authenticated;
grant execute on function private.invite_member to authenticated;
grant execute on function public.invite_member to authenticated;
grant execute on function private.accept_invitation to authenticated;
grant execute on function public.accept_invitation to authenticated;
grant execute on function private.revoke_invitation to authenticated;
grant execute on function public.revoke_invitation to authenticated;
grant execute on function private.add_member_role to authenticated;
grant execute on function public.add_member_role to authenticated;
grant execute on function private.remove_member_role to authenticated;
grant execute on function public.remove_member_role to authenticated;
grant execute on function private.find_organization to anon, authenticated;
grant execute on function public.find_organization to anon, authenticated;
