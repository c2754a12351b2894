create policy select_party on public.lessons
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.lessons to authenticated, service_role;

grant execute on function private.start_lesson to authenticated;
grant execute on function public.start_lesson to authenticated;
grant execute on function private.complete_lesson to authenticated;
grant execute on function public.complete_lesson to authenticated;
grant execute on function private.write_lesson_notes to authenticated;
grant execute on function public.write_lesson_notes to authenticated;
