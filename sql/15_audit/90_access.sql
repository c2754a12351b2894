create policy select_admin on public.audit_logs
    for select
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

grant select on public.audit_logs to authenticated, service_role;
-- NOTE: rows of no organization (profiles, platform admins) and of the platform's own are readable in Studio only.
