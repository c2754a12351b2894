-- What a referral code takes off the price of a learner's first lesson, at most the platform's fee; null if nothing.
-- The code does not count for its own referrer, for the referrer's wards, or for anybody who referred the referrer, directly
-- or through others: the recursive query walks up that chain.
create function private.referral_code_cents(p_referral_code_id uuid, p_learner public.learners, p_price private.price)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    with recursive referrer (person_id, user_id) as (
        select coalesce(learner.user_id, learner.id), learner.user_id
        from public.referral_codes code
        join public.learners learner on learner.org_id = code.org_id and learner.id = code.referrer_id
        where code.id = p_referral_code_id
        union
        select coalesce(learner.user_id, learner.id), learner.user_id
        from referrer referred
        join public.code_redemptions redemption
            on redemption.learner_person_id = referred.person_id
            and redemption.kind = 'referral'
            and redemption.status <> 'released'
        join public.referral_codes code on code.org_id = redemption.org_id and code.id = redemption.referral_code_id
        join public.learners learner on learner.org_id = code.org_id and learner.id = code.referrer_id
    )

    select nullif(
        least(
            private.bps_of(p_price.list_cents, code.discount_bps),
            p_price.fee_cents
        ),
        0
    )
    from public.referral_codes code
    where code.id = p_referral_code_id
        and code.is_active
        and (code.expires_at is null or private.clock() < code.expires_at)
        and (code.max_uses is null or code.uses_count < code.max_uses)
        and not private.has_learnt_before(coalesce(p_learner.user_id, p_learner.id))
        and not exists (
            select
            from public.code_redemptions redemption
            where redemption.learner_person_id = coalesce(p_learner.user_id, p_learner.id)
                and redemption.kind = 'referral'
                and redemption.status <> 'released'
        )
        and not exists (
            select
            from referrer
            where referrer.person_id = coalesce(p_learner.user_id, p_learner.id)
                or p_learner.id = any (
                    private.ward_ids(referrer.user_id, 'view')
                    || private.ward_ids(referrer.user_id, 'book')
                    || private.ward_ids(referrer.user_id, 'pay')
                )
        );
$$;
