-- Would a run with this cutoff make any payout?
create function private.pays_somebody(
    p_org_id uuid,
    p_schedule public.payout_schedule,
    p_cutoff_at timestamptz
)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select exists (
        select
        from private.decide_payouts(p_org_id, p_schedule, p_cutoff_at, '{pending,available}') decision
        where decision.outcome = 'payout'
    );
$$;
