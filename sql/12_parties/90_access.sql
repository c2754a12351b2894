grant execute on function private.listed_instructor_ids to anon, authenticated;
grant execute on function private.listed_org_ids to anon, authenticated;
grant execute on function private.my_instructor_ids to authenticated;
grant execute on function private.my_instructor_folders to authenticated;
grant execute on function private.my_earner_ids to authenticated;
grant execute on function private.my_learner_ids to authenticated;
grant execute on function private.my_contact_ids to authenticated;
grant execute on function private.my_reachable_learner_ids to authenticated;
grant execute on function private.my_family_ids to authenticated;
grant execute on function private.my_family_org_ids to authenticated;
grant execute on function private.my_guardian_id to authenticated;
grant execute on function private.my_learners_guardian_ids to authenticated;

create policy select_listed on public.instructors
    for select
    to anon
    using (is_active and verification_status = 'verified');

create policy select_listed_own_or_contact on public.instructors
    for select
    to authenticated
    using (
        (is_active and verification_status = 'verified')
        or id = any ((select private.my_earner_ids())::uuid[])
        or id = any ((select private.my_contact_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.instructors
    for update
    to authenticated
    using (
        id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.instructors to anon, authenticated, service_role;
grant update (
    display_name, bio, expertise_areas, hourly_rate_cents, is_available, time_zone,
    minimum_notice_minutes, horizon_days, buffer_before_minutes, buffer_after_minutes, daily_cap,
    avatar_url, area, area_lat, area_lng, facets
) on public.instructors to authenticated;
-- NOTE: instructors may not set is_active, verification_status and the totals.

create policy select_own_or_admin on public.instructor_details
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_earner_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.instructor_details
    for update
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.instructor_details to authenticated, service_role;
grant update (phone, license_id) on public.instructor_details to authenticated;
-- NOTE: fee, payee and payout settings decide about money, so they change only through functions and Studio.

-- A learner's name is visible to the learner, to guardians with the right to view, to every instructor whom the learner has ever
-- booked, and to the admins of the organization; phone and e-mail, in learner_contacts, to those whom a lesson brings together.
create policy select_family_contact_or_admin on public.learners
    for select
    to authenticated
    using (
        id = any ((select private.my_family_ids())::uuid[])
        or id = any ((select private.my_contact_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.learners
    for update
    to authenticated
    using (
        id = any ((select private.my_learner_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.learners to authenticated, service_role;
grant update (
    full_name, learning_goals, interests, experience_level, preferred_duration_minutes
) on public.learners to authenticated;

create policy select_family_reachable_or_admin on public.learner_contacts
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or learner_id = any ((select private.my_reachable_learner_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.learner_contacts
    for update
    to authenticated
    using (
        learner_id = any ((select private.my_learner_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.learner_contacts to authenticated, service_role;
grant update (email, phone) on public.learner_contacts to authenticated;

create policy select_family_or_admin on public.learner_details
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.learner_details to authenticated, service_role;
grant update (notes) on public.learner_details to authenticated;
-- NOTE: the date of birth decides who needs a guardian, so it changes only through set_date_of_birth.

create policy update_admin on public.learner_details
    for update
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

create policy select_party on public.instructor_learners
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or learner_id = any ((select private.my_family_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.instructor_learners to authenticated, service_role;

create policy select_own_or_of_my_learners on public.guardians
    for select
    to authenticated
    using (
        id = (select private.my_guardian_id())
        or id = any ((select private.my_learners_guardian_ids())::uuid[])
    );

create policy update_own on public.guardians
    for update
    to authenticated
    using (id = (select private.my_guardian_id()));

grant select on public.guardians to authenticated, service_role;
grant update (full_name, phone) on public.guardians to authenticated;
-- NOTE: guardianships were offered to the address, so it changes only when the guardian consents to another one.

create policy select_party on public.learner_guardians
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_learner_ids())::uuid[])
        or guardian_id = (select private.my_guardian_id())
        or (
            lower(guardian_email) = (select private.my_verified_email())
            and consented_at is null
            and revoked_at is null
            and expires_at > (select private.clock())
        )
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.learner_guardians to authenticated, service_role;
-- NOTE: no write is granted: a guardianship is offered, accepted and revoked through functions only.

grant execute on function private.become_instructor to authenticated;
grant execute on function public.become_instructor to authenticated;
grant execute on function private.admin_verify_instructor to authenticated;
grant execute on function public.admin_verify_instructor to authenticated;
grant execute on function private.add_instructor to authenticated;
grant execute on function public.add_instructor to authenticated;
grant execute on function private.add_learner to authenticated;
grant execute on function public.add_learner to authenticated;
grant execute on function private.set_date_of_birth to authenticated;
grant execute on function public.set_date_of_birth to authenticated;
grant execute on function private.link_guardian to authenticated;
grant execute on function public.link_guardian to authenticated;
grant execute on function private.give_guardian_consent to authenticated;
grant execute on function public.give_guardian_consent to authenticated;
grant execute on function private.revoke_guardian to authenticated;
grant execute on function public.revoke_guardian to authenticated;
grant execute on function private.search_instructors to anon, authenticated;
grant execute on function public.search_instructors to anon, authenticated;
