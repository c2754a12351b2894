-- What a code, or the learner's rewards, take off an instructor's price at this instant; null if nothing. It is asked again when the
-- discount is reserved. Who buys from their own people has at most the platform's fee off: they would be paid for it.
create function private.offered_discount(
    p_offer private.code_offer,
    p_learner public.learners,
    p_price private.price,
    p_instructor_id uuid
)
    returns private.code_offer
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    cents bigint := case p_offer.kind
        when 'discount'
            then private.discount_code_cents(p_offer.code_id, coalesce(p_learner.user_id, p_learner.id), p_price)
        when 'referral' then private.referral_code_cents(p_offer.code_id, p_learner, p_price)
        when 'reward' then private.usable_reward_cents(p_learner.id, p_price)
    end;
begin
    if cents > p_price.fee_cents and private.buys_from_own_people(p_learner, p_instructor_id) then
        cents := nullif(p_price.fee_cents, 0);
    end if;
    if cents is null then
        return null;
    end if;
    return row(p_offer.kind, p_offer.code_id, cents)::private.code_offer;
end;
$$;

-- Whether a lesson is bought from oneself, from one's own school or from a member of it. The buyers are the learner, the guardians and the
-- caller; a school's own are its owners, admins and instructors, former instructors among them. Instructors of the marketplace are
-- strangers to each other.
create function private.buys_from_own_people(p_learner public.learners, p_instructor_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    with buyer (user_id) as (
        select p_learner.user_id
        union
        select private.my_user_id()
        union
        select guardian.user_id
        from public.learner_guardians link
        join public.guardians guardian on guardian.id = link.guardian_id
        where link.org_id = p_learner.org_id
            and link.learner_id = p_learner.id
            and link.revoked_at is null
    ),

    seller as (
        select instructor.org_id, instructor.user_id
        from public.instructors instructor
        where instructor.id = p_instructor_id
    ),

    own (user_id, org_id, runs_it) as (
        select member.user_id, member.org_id, member.role in ('owner', 'admin')
        from public.organization_members member
        where member.role in ('owner', 'admin', 'instructor')
            and member.user_id in (select buyer.user_id from buyer union all select seller.user_id from seller)
        union all
        select instructor.user_id, instructor.org_id, false
        from public.instructors instructor
        where instructor.user_id in (select buyer.user_id from buyer)
        union all
        select seller.user_id, seller.org_id, false
        from seller
    )

    select exists (
        select
        from seller
        join buyer on buyer.user_id = seller.user_id
    ) or exists (
        select
        from own sold
        join own bought on bought.org_id = sold.org_id
        join public.organizations organization on organization.id = sold.org_id
        where sold.user_id is not distinct from (select seller.user_id from seller)
            and bought.user_id in (select buyer.user_id from buyer)
            and (not organization.is_marketplace or bought.runs_it)
    );
$$;

-- The code with this text: the organization's own, else the whole platform's, else a learner's referral code there. Null if
-- there is none.
create function private.find_code(p_code text, p_org_id uuid)
    returns private.code_offer
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select row(found.kind, found.id, null)::private.code_offer
        from (
            select 'discount'::public.redemption_kind as kind, code.id, code.org_id is null as is_general
            from public.discount_codes code
            where lower(code.code) = lower(trim(p_code))
                and coalesce(code.org_id, p_org_id) = p_org_id
            union all
            select 'referral', code.id, true
            from public.referral_codes code
            where lower(code.code) = lower(trim(p_code))
                and code.org_id = p_org_id
        ) found
        order by found.is_general, found.kind
        limit 1
    );
end;
$$;

-- What a discount code takes off a price for this person at this instant; null if the code has ended or its limits are
-- reached. At most the platform's fee, unless the code may exceed it; never more than the price.
create function private.discount_code_cents(p_discount_code_id uuid, p_learner_person_id uuid, p_price private.price)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select nullif(
            least(
                case
                    when code.amount_cents is null then private.bps_of(p_price.list_cents, code.discount_bps)
                    when code.currency = p_price.currency then code.amount_cents
                    else 0
                end,
                case when code.may_exceed_fee then p_price.share_cents + p_price.fee_cents else p_price.fee_cents end
            ),
            0
        )
        from public.discount_codes code
        where code.id = p_discount_code_id
            and code.is_active
            and code.starts_at <= private.clock()
            and (code.expires_at is null or private.clock() < code.expires_at)
            and (code.max_uses is null or code.uses_count < code.max_uses)
            and (
                not code.is_first_lesson_only
                or not (private.has_learnt_before(p_learner_person_id) or private.has_first_discount(p_learner_person_id))
            )
            and code.max_uses_per_learner > (
                select count(*)
                from public.code_redemptions redemption
                where redemption.discount_code_id = code.id
                    and redemption.learner_person_id = p_learner_person_id
                    and redemption.status <> 'released'
            )
    );
end;
$$;

-- Whether this person uses a code for first lessons already, anywhere: only one lesson is the first, however many are booked before it.
create function private.has_first_discount(p_learner_person_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.code_redemptions redemption
        join public.discount_codes code on code.id = redemption.discount_code_id
        where redemption.learner_person_id = p_learner_person_id
            and redemption.status <> 'released'
            and code.is_first_lesson_only
    );
$$;

-- Whether this person has had a lesson before, in any organization.
create function private.has_learnt_before(p_learner_person_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.learners learner
        where (learner.user_id = p_learner_person_id or learner.id = p_learner_person_id)
            and learner.lesson_count > 0
    );
$$;
