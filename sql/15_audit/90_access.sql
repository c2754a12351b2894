create policy select_admin on public.audit_logs
    for select
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

grant select (
    id, created_at, org_id, entity_type, entity_id, action, old_values, new_values, user_id, actor_kind, description, ip, request_id
) on public.audit_logs to authenticated, service_role;
-- NOTE: the reasons that admins of the platform give are for the platform: they are read in Studio.
-- NOTE: rows of no organization (profiles, platform admins) and of the platform's own are readable in Studio only.
