create policy select_own_or_admin on public.availability_windows
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy insert_own_or_admin on public.availability_windows
    for insert
    to authenticated
    with check (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.availability_windows
    for update
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy delete_own_or_admin on public.availability_windows
    for delete
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select, delete on public.availability_windows to authenticated;
grant insert (
    org_id, instructor_id, day_of_week, start_time, end_time, time_zone, effective_from, effective_to, is_active
) on public.availability_windows to authenticated;
grant update (day_of_week, start_time, end_time, time_zone, effective_from, effective_to, is_active)
    on public.availability_windows to authenticated;
grant select on public.availability_windows to service_role;

create policy select_own_or_admin on public.availability_exceptions
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy insert_own_or_admin on public.availability_exceptions
    for insert
    to authenticated
    with check (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.availability_exceptions
    for update
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy delete_own_or_admin on public.availability_exceptions
    for delete
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select, delete on public.availability_exceptions to authenticated;
grant insert (org_id, instructor_id, on_date, last_date, is_available, start_time, end_time, time_zone, note)
    on public.availability_exceptions to authenticated;
grant update (on_date, last_date, is_available, start_time, end_time, time_zone, note)
    on public.availability_exceptions to authenticated;
grant select on public.availability_exceptions to service_role;

create policy select_free on public.bookable_slots
    for select
    to anon
    using (is_available and instructor_id = any ((select private.listed_instructor_ids())::uuid[]));

create policy select_free_own_or_member on public.bookable_slots
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or instructor_id = any ((select private.my_contact_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
        or (is_available and instructor_id = any ((select private.listed_instructor_ids())::uuid[]))
    );

grant select on public.bookable_slots to anon, authenticated, service_role;
-- NOTE: no write is granted: publish_slots and bookings write slots.

grant execute on function private.publish_slots to authenticated;
grant execute on function public.publish_slots to authenticated;
grant execute on function private.unpublish_slots to authenticated;
grant execute on function public.unpublish_slots to authenticated;

create policy select_own_or_admin on public.busy_times
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.busy_times to authenticated, service_role;
-- NOTE: busy times are written by functions, which know who is free.

grant execute on function private.add_busy_time to authenticated;
grant execute on function public.add_busy_time to authenticated;
grant execute on function private.remove_busy_time to authenticated;
grant execute on function public.remove_busy_time to authenticated;
