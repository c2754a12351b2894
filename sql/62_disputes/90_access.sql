create policy select_party on public.disputes
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.disputes to authenticated, service_role;
-- NOTE: no role may write disputes; they follow Stripe.

grant execute on function private.record_dispute to jobs;
