create policy select_listed on public.services
    for select
    to anon
    using (
        is_active
        and (
            instructor_id = any ((select private.listed_instructor_ids())::uuid[])
            or (instructor_id is null and org_id = any ((select private.listed_org_ids())::uuid[]))
        )
    );

-- The directory is asked last, because it is the longest: a list of one's own bookings never asks it.
create policy select_listed_own_or_contact on public.services
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or instructor_id = any ((select private.my_contact_ids())::uuid[])
        or org_id = any ((select private.my_org_ids())::uuid[])
        or (instructor_id is null and org_id = any ((select private.my_family_org_ids())::uuid[]))
        or (
            is_active
            and (
                instructor_id = any ((select private.listed_instructor_ids())::uuid[])
                or (instructor_id is null and org_id = any ((select private.listed_org_ids())::uuid[]))
            )
        )
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
    level, prerequisites, max_participants, is_active, requires_approval, approval_hours, capture_mode
) on public.services to authenticated;
-- NOTE: no insert is granted: create_session and create_service add services. No update of the currency: it never changes.

create policy select_own_or_admin on public.service_materials
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.service_materials
    for update
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.service_materials to authenticated, service_role;
grant update (materials_url) on public.service_materials to authenticated;
-- NOTE: who has booked a lesson asks lesson_materials.

create policy select_member on public.rate_cards
    for select
    to authenticated
    using (org_id = any ((select private.my_org_ids())::uuid[]));

create policy select_member on public.rate_card_items
    for select
    to authenticated
    using (org_id = any ((select private.my_org_ids())::uuid[]));

grant select on public.rate_cards to authenticated, service_role;
grant select on public.rate_card_items to authenticated, service_role;
-- NOTE: no write is granted: rate cards change through functions. Whoever is no member of the school asks quote_booking.

grant execute on function private.create_session to authenticated;
grant execute on function public.create_session to authenticated;
grant execute on function private.create_service to authenticated;
grant execute on function public.create_service to authenticated;
grant execute on function private.create_rate_card to authenticated;
grant execute on function public.create_rate_card to authenticated;
grant execute on function private.set_rate_card_validity to authenticated;
grant execute on function public.set_rate_card_validity to authenticated;
grant execute on function private.delete_rate_card to authenticated;
grant execute on function public.delete_rate_card to authenticated;
grant execute on function private.set_rate to authenticated;
grant execute on function public.set_rate to authenticated;
grant execute on function private.search_services to anon, authenticated;
grant execute on function public.search_services to anon, authenticated;
