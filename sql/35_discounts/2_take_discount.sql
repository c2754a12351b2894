-- What the request's code, or the learner's rewards, take off the price; refuses a code that the caller has not checked lately,
-- whether or not it exists, so that booking tells nothing about codes.
create function private.take_discount(
    p_code text,
    p_uses_rewards boolean,
    p_learner public.learners,
    p_price private.price
)
    returns private.code_offer
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    named private.code_offer := private.find_code(p_code, p_learner.org_id);
    offer private.code_offer;
begin
    if p_code is null then
        return case
            when p_uses_rewards
                then private.offered_discount(row('reward', null, null)::private.code_offer, p_learner, p_price)
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
            and named.code_id in (known.discount_code_id, known.referral_code_id)
            and known.checked_at > private.clock() - interval '1 day'
    ) then
        perform private.refuse(
            'PT422', 'code_not_checked',
            'That code has not been checked.',
            'Call check_discount_code first.'
        );
    end if;

    offer := private.offered_discount(named, p_learner, p_price);
    if offer.code_id is null then
        perform private.refuse_code();
    end if;
    return offer;
end;
$$;
