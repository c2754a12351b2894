-- How much of a learner's rewards can come off a price: what was granted and neither spent nor reserved, up to the price. The
-- rest to be paid is nothing, or enough for a card.
create function private.reward_cents(p_learner_id uuid, p_price private.price)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select nullif(
        case
            when usable.cents < usable.total_cents and usable.total_cents - usable.cents < currency.minimum_charge_cents
                then greatest(usable.total_cents - currency.minimum_charge_cents, 0)
            else usable.cents
        end,
        0
    )
    from (
        select
            p_price.share_cents + p_price.fee_cents as total_cents,
            least(
                private.available_reward_cents(p_learner_id, p_price.currency),
                p_price.share_cents + p_price.fee_cents
            ) as cents
    ) usable
    join private.currencies currency on currency.code = p_price.currency;
$$;
