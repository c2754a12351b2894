-- Decides for every payee with a payable balance: a payout, skipped, or held, with the reason. A payout is held when somebody must
-- act: an admin holds the instructor, or Stripe has restricted the account. create_payouts passes {available}; the previews
-- pass {pending,available}, since they ask before make_earnings_available has run.
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
    set search_path = '', pg_temp
as $$
    with balance as (
        select
            payable.payee_id,
            nullif(payable.payee_id, p_org_id) as instructor_id,
            payable.currency,
            sum(payable.amount_cents)::bigint as amount_cents,
            array_agg(payable.id) as earning_ids
        from private.payable_earnings(p_org_id, p_cutoff_at) payable
        where payable.status = any (p_statuses)
        group by payable.payee_id, payable.currency
    ),

    decided as (
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
        decided.payee_id,
        decided.instructor_id,
        decided.connect_account_id,
        decided.currency,
        decided.amount_cents,
        decided.earning_ids,
        case
            when decided.reason is null then 'payout'
            when decided.reason in ('admin_hold', 'account_restricted') then 'held'
            else 'skipped'
        end::public.payout_outcome,
        decided.reason
    from decided;
$$;

-- Would a run with this cutoff make at least one payout?
create function private.has_payouts_due(
    p_org_id uuid,
    p_schedule public.payout_schedule,
    p_cutoff_at timestamptz
)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from private.decide_payouts(p_org_id, p_schedule, p_cutoff_at, '{pending,available}') decision
        where decision.outcome = 'payout'
    );
$$;

-- What a run of this payday would decide if it were opened now, for `jobs payouts --dry-run`. Definer: the job has no access to the tables.
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
    set search_path = '', pg_temp
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
