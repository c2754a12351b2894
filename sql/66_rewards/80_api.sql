create function public.reward_balance()
    returns table (learner_id uuid, org_id uuid, available_cents bigint, currency text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select mine.learner_id, mine.org_id, mine.available_cents, mine.currency from private.reward_balance() mine;
end;

comment on function public.reward_balance is
    'The caller''s usable rewards by organization, in the minor unit; p_use_rewards takes them off the price of a booking there. '
    'Errors: sign_in_required.';
