create policy select_listed on public.services
    for select
    to anon
    using (is_active);

create policy select_listed_own_or_contact on public.services
    for select
    to authenticated
    using (
        is_active
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or instructor_id = any ((select private.my_contact_ids())::uuid[])
        or org_id = any ((select private.my_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.services
    for update
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.services to anon, authenticated, service_role;
grant update (
    title, description, short_description, topic_tags, duration_minutes, price_cents,
    level, prerequisites, materials_url, max_participants, is_active
) on public.services to authenticated;
-- NOTE: insert is done by create_session; the currency of a service never changes.

grant execute on function private.create_session to authenticated;
grant execute on function public.create_session to authenticated;
