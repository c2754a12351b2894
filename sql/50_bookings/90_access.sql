create policy select_admin on public.cancellation_policies
    for select
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

create policy select_admin on public.cancellation_tiers
    for select
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

grant select on public.cancellation_policies to authenticated, service_role;
grant select on public.cancellation_tiers to authenticated, service_role;

create policy select_party on public.bookings
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_party on public.booking_series
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.booking_series to authenticated, service_role;
grant select on public.bookings to authenticated, service_role;
-- NOTE: no write is granted: bookings change only through functions.

create policy select_party on public.lesson_claims
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.lesson_claims to authenticated, service_role;
-- NOTE: no write is granted: claims are made, answered and decided through functions.

create policy select_own_or_admin on public.booking_notes
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own on public.booking_notes
    for update
    to authenticated
    using (instructor_id = any ((select private.my_instructor_ids())::uuid[]));

grant select on public.booking_notes to authenticated, service_role;
grant update (notes) on public.booking_notes to authenticated;

-- What frontends may watch through Realtime: no notes, addresses or amounts.
alter publication supabase_realtime add table public.bookings (id, org_id, status, start_at, end_at, updated_at);

grant execute on function private.create_booking_with_payment to authenticated;
grant execute on function public.create_booking_with_payment to authenticated;
grant execute on function private.list_open_slots to anon, authenticated;
grant execute on function public.list_open_slots to anon, authenticated;
grant execute on function private.quote_booking to anon, authenticated;
grant execute on function public.quote_booking to anon, authenticated;
grant execute on function private.request_booking to authenticated;
grant execute on function public.request_booking to authenticated;
grant execute on function private.request_booking_series to authenticated;
grant execute on function public.request_booking_series to authenticated;
grant execute on function private.confirm_booking to authenticated;
grant execute on function public.confirm_booking to authenticated;
grant execute on function private.decline_booking to authenticated;
grant execute on function public.decline_booking to authenticated;
grant execute on function private.accept_proposal to authenticated;
grant execute on function public.accept_proposal to authenticated;
grant execute on function private.decline_proposal to authenticated;
grant execute on function public.decline_proposal to authenticated;
grant execute on function private.set_cancellation_policy to authenticated;
grant execute on function public.set_cancellation_policy to authenticated;
grant execute on function private.cancellation_policy to anon, authenticated;
grant execute on function public.cancellation_policy to anon, authenticated;
