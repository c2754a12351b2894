-- Redeems or releases what was taken off a booking or a purchase. Spent rewards leave the learner's account, by which the
-- platform is even: it bore them when they were granted, and bears the discount now.
create function private.settle_redemption(p_booking_id uuid, p_credit_id uuid, p_status public.redemption_status)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    redemption public.code_redemptions;
begin
    update public.code_redemptions
    set status = p_status
    where (booking_id = p_booking_id or credit_id = p_credit_id)
        and status = 'reserved'
    returning * into redemption;

    if redemption.kind = 'reward' and p_status = 'redeemed' then
        perform private.post_transaction(
            'reward_spent', 'code_redemption', redemption.id, format('redemption:%s:spent', redemption.id),
            redemption.currency, private.clock(),
            array[
                row('learner_rewards', redemption.learner_id, redemption.discount_cents),
                row('promotions', null, -redemption.discount_cents)
            ]::private.posting[]
        );
    end if;
end;
$$;
