-- Claws a reward back in cumulative proportion to the refunded or lost part of the lesson's price; a failed refund restores it.
-- A reward that was already spent leaves a negative balance, which later rewards make up.
create function private.claw_back_reward(p_item_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    reward public.referral_rewards;
    item public.order_items;
    target_cents bigint;
begin
    select * into reward from public.referral_rewards where item_id = p_item_id for no key update;
    if not found then
        return;
    end if;
    select * into strict item from public.order_items where id = p_item_id;
    target_cents := private.prorate(
        reward.amount_cents, item.total_cents - private.unreturned_cents(item), item.total_cents
    );
    if target_cents = reward.clawed_back_cents then
        return;
    end if;

    update public.referral_rewards
    set clawed_back_cents = target_cents,
        revision = revision + 1
    where org_id = reward.org_id
        and id = reward.id;
    perform private.post_transaction(
        reward.org_id, 'reward_clawed_back', 'referral_reward', reward.id, format('reward:%s:clawed_back:%s', reward.id, reward.revision),
        reward.currency, private.clock(),
        array[
            row('learner_rewards', reward.referrer_id, target_cents - reward.clawed_back_cents),
            row('promotions', null, reward.clawed_back_cents - target_cents)
        ]::private.posting[]
    );
end;
$$;
