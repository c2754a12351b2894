create policy select_admin on public.discount_codes
    for select
    to authenticated
    using (
        org_id = any ((select private.my_admin_org_ids())::uuid[])
        or (select private.is_platform_admin())
    );

grant select on public.discount_codes to authenticated, service_role;
-- NOTE: admins read the codes of their organization. Learners read only their own referral code, and cannot list codes.

create policy select_own on public.referral_codes
    for select
    to authenticated
    using (referrer_id = any ((select private.my_learner_ids())::uuid[]));

grant select on public.referral_codes to authenticated, service_role;

create policy select_party on public.code_redemptions
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.code_redemptions to authenticated, service_role;

grant execute on function private.check_discount_code to authenticated;
grant execute on function public.check_discount_code to authenticated;
grant execute on function private.create_referral_code to authenticated;
grant execute on function public.create_referral_code to authenticated;
grant execute on function private.admin_create_discount_code to authenticated;
grant execute on function public.admin_create_discount_code to authenticated;
grant execute on function private.admin_end_discount_code to authenticated;
grant execute on function public.admin_end_discount_code to authenticated;
