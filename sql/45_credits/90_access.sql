create policy select_party on public.learner_credits
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_party on public.credit_entries
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.learner_credits to authenticated, service_role;
grant select on public.credit_entries to authenticated, service_role;
-- NOTE: no write is granted: lots and entries change only through functions.

grant execute on function public.credit_balance to authenticated;
