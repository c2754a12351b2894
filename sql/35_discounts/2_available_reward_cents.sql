-- A learner's rewards that were granted and neither spent, taken back nor reserved; never below nothing.
create function private.available_reward_cents(p_learner_id uuid, p_currency text)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select greatest(
        coalesce(
            (
                select -account.balance_cents
                from private.ledger_accounts account
                where account.kind = 'learner_rewards'
                    and account.owner_id = p_learner_id
                    and account.currency = p_currency
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
