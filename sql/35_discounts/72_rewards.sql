-- A learner's rewards that were granted and not yet spent, clawed back or reserved; never negative.
create function private.available_reward_cents(p_learner_id uuid, p_currency text)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select greatest(
        coalesce(
            (
                select -account.balance_cents
                from public.learners learner
                join private.ledger_accounts account
                    on account.org_id = learner.org_id
                    and account.kind = 'learner_rewards'
                    and account.owner_id = learner.id
                    and account.currency = p_currency
                where learner.id = p_learner_id
            ),
            0
        ) - (
            select coalesce(sum(redemption.discount_cents), 0)
            from public.code_redemptions redemption
            where redemption.learner_id = p_learner_id
                and redemption.currency = p_currency
                and redemption.kind = 'reward'
                and redemption.status = 'reserved'
        ),
        0
    )::bigint;
$$;

-- What of the available rewards can be taken off a price; null if nothing. The rest to pay is either nothing or at least the
-- smallest amount that a card can pay.
create function private.usable_reward_cents(p_learner_id uuid, p_price private.price)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
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
