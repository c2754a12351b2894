-- What a code, or without one the learner's rewards, take off a price at this instant; null when nothing does.
create function private.offered_discount(p_offer private.code_offer, p_learner public.learners, p_price private.price)
    returns private.code_offer
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    cents bigint := case p_offer.kind
        when 'discount'
            then private.discount_code_cents(p_offer.code_id, coalesce(p_learner.user_id, p_learner.id), p_price)
        when 'referral' then private.referral_code_cents(p_offer.code_id, p_learner, p_price)
        when 'reward' then private.reward_cents(p_learner.id, p_price)
    end;
begin
    if cents is null then
        return null;
    end if;
    return row(p_offer.kind, p_offer.code_id, cents)::private.code_offer;
end;
$$;
