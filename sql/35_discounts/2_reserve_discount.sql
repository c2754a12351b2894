-- Reserves what a code or the learner's rewards take off a booking or a purchase. The code is counted up under its lock: the
-- last use goes to one. The learner's rows are locked by the caller, so that one person's uses come one after the other.
-- Of a referral the referrer's and the referred person's own codes are locked too, so that no circle closes in a race.
create function private.reserve_discount(
    p_offer private.code_offer,
    p_learner public.learners,
    p_price private.price,
    p_booking_id uuid,
    p_credit_id uuid
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    if p_offer.kind = 'discount' then
        perform from public.discount_codes where id = p_offer.code_id for no key update;
    elsif p_offer.kind = 'referral' then
        perform
        from public.referral_codes code
        join public.learners learner on learner.id = code.referrer_id
        where code.id = p_offer.code_id
            or learner.id = p_learner.id
            or learner.user_id = p_learner.user_id
        order by code.id
        for no key update of code;
    end if;
    if (private.offered_discount(p_offer, p_learner, p_price)).discount_cents is distinct from p_offer.discount_cents then
        perform private.refuse_code();
    end if;

    insert into public.code_redemptions (
        org_id, kind, discount_code_id, referral_code_id, learner_id, learner_person_id, booking_id, credit_id,
        currency, discount_cents
    )
    values (
        p_learner.org_id,
        p_offer.kind,
        case p_offer.kind when 'discount' then p_offer.code_id end,
        case p_offer.kind when 'referral' then p_offer.code_id end,
        p_learner.id,
        coalesce(p_learner.user_id, p_learner.id),
        p_booking_id,
        p_credit_id,
        p_price.currency,
        p_offer.discount_cents
    );
end;
$$;
