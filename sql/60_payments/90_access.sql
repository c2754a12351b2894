create policy select_party on public.payments
    for select
    to authenticated
    using (
        payer_id = (select private.my_user_id())
        or learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_party on public.payment_items
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_party on public.refunds
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_party on public.outside_payments
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.payments to authenticated, service_role;
grant select on public.payment_items to authenticated, service_role;
grant select on public.refunds to authenticated, service_role;
grant select on public.outside_payments to authenticated, service_role;
-- NOTE: no role may write these tables; money moves only through functions.

-- What frontends may watch through Realtime: that a payment has got on, without its amounts.
alter publication supabase_realtime add table public.payments (id, org_id, order_id, status, updated_at);

grant execute on function private.record_payment_outside to authenticated;
grant execute on function public.record_payment_outside to authenticated;

grant execute on function private.open_payment to webhook_service;
grant execute on function private.record_payment_intent to webhook_service, jobs;
grant execute on function private.compare_refund to jobs;
grant execute on function private.record_refund to jobs;
grant execute on function private.record_refund_failure to jobs;
grant execute on function private.record_processing_fee to jobs;
grant execute on function private.record_suspense_fee to jobs;
grant execute on function private.record_stripe_fees to jobs;
