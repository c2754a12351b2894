create policy select_party on public.referral_rewards
    for select
    to authenticated
    using (
        referrer_id = any ((select private.my_learner_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.referral_rewards to authenticated, service_role;

grant execute on function private.reward_balance to authenticated;
grant execute on function public.reward_balance to authenticated;
