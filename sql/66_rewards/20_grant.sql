-- Rewards the referrer once a referred learner's lesson is completed and its money is there, once a redemption; whichever of the
-- two comes last. A reward in another currency than the payment's is none.
create function private.grant_reward(p_booking_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    reward public.referral_rewards;
begin
    insert into public.referral_rewards (
        org_id, redemption_id, referrer_id, booking_id, payment_id, currency, amount_cents
    )
    select
        redemption.org_id, redemption.id, code.referrer_id, booking.id, payment.id, code.currency, code.reward_cents
    from public.bookings booking
    join public.payments payment
        on payment.status = 'succeeded'
        and payment.is_accepted
        and (
            payment.booking_id = booking.id
            or payment.credit_id in (
                select entry.credit_id
                from public.credit_entries entry
                where entry.org_id = booking.org_id
                    and entry.booking_id = booking.id
            )
        )
    join public.code_redemptions redemption
        on redemption.kind = 'referral'
        and redemption.status = 'redeemed'
        and (redemption.booking_id = payment.booking_id or redemption.credit_id = payment.credit_id)
    join public.referral_codes code on code.org_id = redemption.org_id and code.id = redemption.referral_code_id
    where booking.id = p_booking_id
        and booking.status = 'completed'
        and payment.refunded_cents < payment.captured_cents
        and code.reward_cents > 0
        and code.currency = payment.currency
    order by payment.created_at
    limit 1
    for no key update of payment
    on conflict (redemption_id) do nothing
    returning * into reward;

    if found then
        perform private.post_transaction(
            reward.org_id, 'reward_granted', 'referral_reward', reward.id, format('reward:%s:granted', reward.id),
            reward.currency, private.clock(),
            array[
                row('promotions', null, reward.amount_cents),
                row('learner_rewards', reward.referrer_id, -reward.amount_cents)
            ]::private.posting[]
        );
        perform private.claw_back_reward(reward.payment_id);
    end if;
end;
$$;
