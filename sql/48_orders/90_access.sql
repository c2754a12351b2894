create policy select_party on public.orders
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_party on public.order_items
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.orders to authenticated, service_role;
grant select on public.order_items to authenticated, service_role;
-- NOTE: no write is granted: orders change only through functions.

grant execute on function private.buy_credits to authenticated;
grant execute on function public.buy_credits to authenticated;
