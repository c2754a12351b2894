-- Returns the caller's referral code in an organization. The first call makes it, on the organization's terms of that moment.
-- Definer: nobody may write codes directly.
create function private.create_referral_code(p_org_id uuid)
    returns public.referral_codes
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    organization public.organizations;
    learner public.learners;
    code public.referral_codes;
begin
    select * into organization
    from public.organizations
    where id = coalesce(p_org_id, private.marketplace_id());
    learner := private.ensure_learner(person, organization.id);

    if organization.referral_discount_bps = 0 and organization.referral_reward_cents = 0 then
        perform private.refuse(
            'PT409', 'no_referral_programme',
            'This school does not reward recommendations at the moment.',
            'Ask the platform about its referral programme.'
        );
    end if;

    insert into public.referral_codes (org_id, referrer_id, code, discount_bps, reward_cents, currency)
    values (
        organization.id, learner.id,
        upper(encode(extensions.gen_random_bytes(6), 'hex')),
        organization.referral_discount_bps, organization.referral_reward_cents, organization.currency
    )
    on conflict (org_id, referrer_id) where is_active do nothing;

    select * into strict code
    from public.referral_codes
    where org_id = learner.org_id
        and referrer_id = learner.id
        and is_active;
    return code;
end;
$$;
