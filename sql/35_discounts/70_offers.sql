-- What a code, or the learner's rewards, take off a price at this instant; null if nothing. It is asked again when the discount
-- is reserved.
create function private.offered_discount(p_offer private.code_offer, p_learner public.learners, p_price private.price)
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
    if cents is null then
        return null;
    end if;
    return row(p_offer.kind, p_offer.code_id, cents)::private.code_offer;
end;
$$;

-- The code with this text: the organization's own, else the whole platform's, else a learner's referral code there. Null if
-- there is none.
create function private.find_code(p_code text, p_org_id uuid)
    returns private.code_offer
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
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
    limit 1;
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
