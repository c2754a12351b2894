create policy select_member on public.terms_versions
    for select
    to authenticated
    using (org_id = any ((select private.my_org_ids())::uuid[]));

grant select on public.terms_versions to authenticated, service_role;

create policy select_own_or_admin on public.terms_acceptances
    for select
    to authenticated
    using (
        user_id = (select private.my_user_id())
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.terms_acceptances to authenticated, service_role;

grant execute on function private.publish_terms to authenticated;
grant execute on function public.publish_terms to authenticated;
grant execute on function private.current_terms to anon, authenticated;
grant execute on function public.current_terms to anon, authenticated;
grant execute on function private.accept_terms to authenticated;
grant execute on function public.accept_terms to authenticated;
