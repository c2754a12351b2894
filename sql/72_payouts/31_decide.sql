-- What a run decides for every payee with a balance: a payout, or why not. Read by the run itself, of what it has released,
-- and by those that look before that and therefore also count what is pending.
create function private.decide_payouts(
    p_org_id uuid,
    p_schedule public.payout_schedule,
    p_cutoff_at timestamptz,
    p_statuses public.earning_status[]
)
    returns table (
        payee_id uuid,
        instructor_id uuid,
        connect_account_id uuid,
        currency text,
        amount_cents bigint,
        earning_ids uuid[],
        outcome public.payout_outcome,
        reason text
    )
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    with balance as (
        select
            cleared.payee_id,
            nullif(cleared.payee_id, p_org_id) as instructor_id,
            cleared.currency,
            sum(cleared.amount_cents)::bigint as amount_cents,
            array_agg(cleared.id) as earning_ids
        from private.payable_earnings(p_org_id, p_cutoff_at) cleared
        where cleared.status = any (p_statuses)
        group by cleared.payee_id, cleared.currency
    ),

    judged as (
        select
            balance.*,
            account.id as connect_account_id,
            case
                when balance.amount_cents < 0 then 'negative_balance'
                when balance.amount_cents = 0 then 'nothing_due'
                when balance.amount_cents < coalesce(details.minimum_payout_cents, organization.minimum_payout_cents)
                    then 'below_minimum'
                when details.is_payout_held then 'admin_hold'
                when account.stripe_account_id is null then 'no_account'
                when account.status in ('paused', 'disconnected') then 'account_restricted'
                when account.status = 'incomplete' and account.details_submitted then 'account_restricted'
                when account.status <> 'ready' then 'account_not_ready'
            end as reason
        from balance
        join public.organizations organization on organization.id = p_org_id
        left join public.instructor_details details on details.instructor_id = balance.instructor_id
        left join public.stripe_connect_accounts account
            on account.org_id = p_org_id
            and coalesce(account.instructor_id, account.org_id) = balance.payee_id
            and account.retired_at is null
        where coalesce(details.payout_schedule, 'weekly') = p_schedule
    )

    select
        judged.payee_id,
        judged.instructor_id,
        judged.connect_account_id,
        judged.currency,
        judged.amount_cents,
        judged.earning_ids,
        case
            when judged.reason is null then 'payout'
            when judged.reason in ('admin_hold', 'account_restricted') then 'held'
            else 'skipped'
        end::public.payout_outcome,
        judged.reason
    from judged;
$$;

-- Would a run with this cutoff make any payout?
create function private.has_payouts_due(
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

-- What a run for this payday would decide now; changes nothing. Definer: the jobs have no access to the tables.
create function private.preview_payout_run(p_org_id uuid, p_schedule public.payout_schedule, p_period_on date)
    returns table (
        instructor_id uuid,
        display_name text,
        currency text,
        amount_cents bigint,
        outcome text,
        reason text
    )
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select
        decision.instructor_id,
        coalesce(instructor.display_name, organization.name),
        decision.currency,
        decision.amount_cents,
        decision.outcome::text,
        decision.reason
    from private.decide_payouts(
        p_org_id, p_schedule, private.payout_cutoff(p_org_id, p_period_on), '{pending,available}'
    ) decision
    join public.organizations organization on organization.id = p_org_id
    left join public.instructors instructor on instructor.id = decision.instructor_id
    order by 2, decision.currency;
$$;
