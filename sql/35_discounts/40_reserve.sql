-- What the request's code, or the learner's rewards, take off the price. Refuses a code that the caller has not checked within
-- the last day exactly like one that does not exist, so that booking cannot be used to guess codes.
create function private.require_discount(
    p_code text,
    p_uses_rewards boolean,
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
    named_code private.code_offer := private.find_code(p_code, p_learner.org_id);
    offer private.code_offer;
begin
    if p_code is null then
        return case
            when p_uses_rewards
                then private.offered_discount(row('reward', null, null)::private.code_offer, p_learner, p_price, p_instructor_id)
        end;
    end if;

    if p_uses_rewards then
        perform private.refuse(
            'PT422', 'one_discount_at_a_time',
            'A code and your rewards cannot be used together.',
            'Use one of them.'
        );
    end if;
    if not exists (
        select
        from private.code_checks known
        where known.user_id = private.my_user_id()
            and named_code.code_id in (known.discount_code_id, known.referral_code_id)
            and known.checked_at > private.clock() - interval '1 day'
    ) then
        perform private.refuse(
            'PT422', 'code_not_checked',
            'That code has not been checked.',
            'Call check_discount_code first.'
        );
    end if;

    offer := private.offered_discount(named_code, p_learner, p_price, p_instructor_id);
    if offer.code_id is null then
        perform private.refuse_code();
    end if;
    return offer;
end;
$$;

-- Reserves a discount for an order. The code is locked and checked again, so that of two learners only one
-- gets its last use. The caller has locked the learner's rows, so that one person's uses follow one another. For a referral,
-- the codes of the referred person are locked too, so that two people cannot refer each other in a race.
create function private.reserve_discount(
    p_offer private.code_offer,
    p_learner public.learners,
    p_price private.price,
    p_instructor_id uuid,
    p_order_id uuid
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_offer.kind = 'discount' then
        perform from public.discount_codes where id = p_offer.code_id for no key update;
    elsif p_offer.kind = 'referral' then
        perform
        from public.referral_codes code
        join public.learners learner on learner.org_id = code.org_id and learner.id = code.referrer_id
        where code.id = p_offer.code_id
            or learner.id = p_learner.id
            or learner.user_id = p_learner.user_id
        order by code.id
        for no key update of code;
    end if;
    if (private.offered_discount(p_offer, p_learner, p_price, p_instructor_id)).discount_cents is distinct from p_offer.discount_cents then
        perform private.refuse_code();
    end if;

    insert into public.code_redemptions (
        org_id, kind, discount_code_id, referral_code_id, learner_id, learner_person_id, order_id,
        currency, discount_cents
    )
    values (
        p_learner.org_id,
        p_offer.kind,
        case p_offer.kind when 'discount' then p_offer.code_id end,
        case p_offer.kind when 'referral' then p_offer.code_id end,
        p_learner.id,
        coalesce(p_learner.user_id, p_learner.id),
        p_order_id,
        p_price.currency,
        p_offer.discount_cents
    );
end;
$$;

-- Refuses a code that takes nothing off, without saying why, so that nobody can learn about other people's codes.
create function private.refuse_code()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'code_not_valid',
        'This code cannot be used here.',
        'Book without it, or use another code.'
    );
end;
$$;
