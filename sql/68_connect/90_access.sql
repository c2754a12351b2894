create policy select_own_or_admin on public.stripe_connect_accounts
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_earner_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_admin on public.connect_account_details
    for select
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

grant select on public.stripe_connect_accounts to authenticated, service_role;
grant select on public.connect_account_details to authenticated, service_role;

grant execute on function private.open_connect_account to webhook_service;
grant execute on function private.open_account_sync to webhook_service;
grant execute on function private.open_dashboard_link to webhook_service;
grant execute on function private.record_connect_account to webhook_service, jobs;
