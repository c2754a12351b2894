-- When all of a booking or a purchase was given back, its code can be used again, and spent rewards are the learner's again.
create function private.give_back_discount(p_booking_id uuid, p_credit_id uuid)
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
    set status = 'released'
    where (booking_id = p_booking_id or credit_id = p_credit_id)
        and status = 'redeemed'
    returning * into redemption;

    if redemption.kind = 'reward' then
        perform private.post_transaction(
            'reward_returned', 'code_redemption', redemption.id, format('redemption:%s:returned', redemption.id),
            redemption.currency, private.clock(),
            array[
                row('promotions', null, redemption.discount_cents),
                row('learner_rewards', redemption.learner_id, -redemption.discount_cents)
            ]::private.posting[]
        );
    end if;
end;
$$;
