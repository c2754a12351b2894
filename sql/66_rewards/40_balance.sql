-- The caller's usable rewards by organization. Definer: no API role may read the ledger.
create function private.reward_balance()
    returns table (learner_id uuid, org_id uuid, available_cents bigint, currency text)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    return query
    select learner.id, learner.org_id, private.available_reward_cents(learner.id, account.currency), account.currency
    from public.learners learner
    join private.ledger_accounts account
        on account.org_id = learner.org_id
        and account.kind = 'learner_rewards'
        and account.owner_id = learner.id
    where learner.id = any (private.my_learner_ids())
    order by learner.org_id, account.currency;
end;
$$;
