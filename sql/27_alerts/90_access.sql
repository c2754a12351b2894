create policy select_addressed on public.alerts
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or learner_id = any ((select private.my_family_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
        or (select private.is_platform_admin())
    );

grant select on public.alerts to authenticated, service_role;

grant execute on function private.resolve_alert to authenticated;
grant execute on function public.resolve_alert to authenticated;
