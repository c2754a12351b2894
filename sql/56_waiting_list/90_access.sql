create policy select_family_or_admin on public.waiting_list_entries
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.waiting_list_entries to authenticated, service_role;

grant execute on function private.join_waiting_list to authenticated;
grant execute on function public.join_waiting_list to authenticated;
grant execute on function private.leave_waiting_list to authenticated;
grant execute on function public.leave_waiting_list to authenticated;
