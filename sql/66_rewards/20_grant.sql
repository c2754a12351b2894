-- Rewards the referrer once a referred learner's lesson is completed and its money is there, once a redemption; whichever of the
-- two comes last. A reward is at most what the platform has earned of that lesson; in another currency than the lesson's it is none, and
-- of a lesson that was paid outside, whose fee is still to come.
create function private.grant_reward(p_item_id uuid)
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
        org_id, redemption_id, referrer_id, booking_id, item_id, currency, amount_cents
    )
    select
        redemption.org_id, redemption.id, code.referrer_id, item.booking_id, item.id, code.currency, earned.cents
    from public.order_items item
    join public.code_redemptions redemption
        on redemption.org_id = item.org_id
        and redemption.kind = 'referral'
        and redemption.status = 'redeemed'
        and redemption.order_id in (select item.order_id union all select private.orders_of_hours(item.booking_id))
    join public.referral_codes code on code.org_id = redemption.org_id and code.id = redemption.referral_code_id
    cross join lateral private.item_books(item) books
    cross join lateral (select least(code.reward_cents, books.fee_cents - books.discount_cents) as cents) earned
    where item.id = p_item_id
        and item.ending = 'given'
        and item.is_paid
        and not item.is_paid_outside
        and private.unreturned_cents(item) > 0
        and earned.cents > 0
        and code.currency = item.currency
    limit 1
    on conflict (org_id, redemption_id) do nothing
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
    end if;
end;
$$;

-- The orders of the hours that a booking has used.
create function private.orders_of_hours(p_booking_id uuid)
    returns setof uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select distinct sold.order_id
    from public.credit_entries entry
    join public.order_items sold on sold.org_id = entry.org_id and sold.credit_id = entry.credit_id
    where entry.booking_id = p_booking_id;
$$;
