create policy select_own_or_admin on public.earnings
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_earner_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_family_or_admin on public.problem_reports
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.problem_reports to authenticated, service_role;
grant select on public.earnings to authenticated, service_role;
grant select on public.instructor_balances to authenticated;
-- NOTE: no write is granted to anybody; money moves only through functions.

grant execute on function private.report_problem to authenticated;
grant execute on function public.report_problem to authenticated;
grant execute on function private.admin_resolve_problem to authenticated;
grant execute on function public.admin_resolve_problem to authenticated;
grant execute on function public.my_balance to authenticated;
grant execute on function private.admin_write_off_balance to authenticated;
grant execute on function public.admin_write_off_balance to authenticated;
