-- Opens the run of a payday and creates all its payouts in one transaction, or returns the run that was opened before: starting
-- again resumes, and two jobs that start at once get the same run. Only the instant schedule opens several runs a day.
-- Custom plans, because a plan cached for one payment would be quadratic for a whole organization.
-- Definer: the job has no access to the tables.
create function private.open_payout_run(p_org_id uuid, p_schedule public.payout_schedule, p_period_on date)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_custom_plan
    set work_mem = '64MB'
as $$
declare
    latest public.payout_runs;
    run public.payout_runs;
begin
    select * into latest
    from public.payout_runs
    where org_id = p_org_id
        and schedule = p_schedule
        and period_on = p_period_on
    order by sequence desc
    limit 1;
    if latest.status = 'open' or (found and p_schedule <> 'instant') then
        return latest.id;
    end if;
    perform private.assert_payday(p_schedule, p_period_on, p_org_id);

    insert into public.payout_runs (org_id, schedule, period_on, sequence, cutoff_at, heartbeat_at)
    values (
        p_org_id, p_schedule, p_period_on, coalesce(latest.sequence, 0) + 1,
        private.payout_cutoff(p_org_id, p_period_on), private.clock()
    )
    on conflict (org_id, schedule, period_on, sequence) do nothing
    returning * into run;

    if run.id is null then
        return private.open_payout_run(p_org_id, p_schedule, p_period_on);
    end if;
    perform private.make_earnings_available(p_org_id, run.cutoff_at);
    perform private.create_payouts(run);
    return run.id;
end;
$$;

-- Turns the available earnings of a run into payouts, in one statement: payouts, their items, the earnings' payout_id, and a result
-- for every payee with a balance; earnings that sum to zero are closed. Then posts what is owed as in transit, and alerts payees
-- whose payout is held. Each decision carries the ids of its payout and its earnings, because joins on payee and currency mislead
-- the planner.
create function private.create_payouts(p_run public.payout_runs)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    postings private.keyed_posting[];
begin
    perform
    from public.earnings earning
    where earning.id = any (
        array(select payable.id from private.payable_earnings(p_run.org_id, p_run.cutoff_at) payable)
    )
    order by earning.id
    for no key update;

    with decision as materialized (
        select
            case
                when derived.id in (select adopted.payout_id from private.unbooked_transfers adopted where adopted.adopted_at is not null)
                    then private.another_payout_id(derived.id)
                else derived.id
            end as payout_id,
            decided.payee_id, decided.instructor_id, decided.connect_account_id,
            decided.currency, decided.amount_cents, decided.earning_ids, decided.outcome, decided.reason
        from private.decide_payouts(p_run.org_id, p_run.schedule, p_run.cutoff_at, '{available}') decided
        cross join lateral (
            select private.derive_payout_id(
                p_run.org_id, p_run.schedule, p_run.period_on, p_run.sequence, decided.payee_id, decided.currency
            ) as id
        ) derived
    ),

    created as (
        insert into public.payouts (
            id, org_id, run_id, payee_id, instructor_id, connect_account_id, currency, amount_cents, payout_date
        )
        select
            decision.payout_id, p_run.org_id, p_run.id, decision.payee_id, decision.instructor_id,
            decision.connect_account_id, decision.currency, decision.amount_cents, p_run.period_on
        from decision
        where decision.outcome = 'payout'
        returning id, payee_id, currency, amount_cents
    ),

    item as (
        insert into public.payout_items (payout_id, earning_id, org_id, instructor_id, amount_cents)
        select decision.payout_id, earning.id, p_run.org_id, earning.instructor_id, earning.amount_cents
        from decision
        cross join unnest(decision.earning_ids) picked (earning_id)
        join public.earnings earning on earning.id = picked.earning_id
        where decision.outcome = 'payout'
        returning payout_id, earning_id
    ),

    linked as (
        update public.earnings earning
        set payout_id = item.payout_id
        from item
        where earning.id = item.earning_id
    ),

    closed as (
        update public.earnings earning
        set status = 'closed'
        from decision
        cross join unnest(decision.earning_ids) netted (earning_id)
        where decision.reason = 'nothing_due'
            and earning.id = netted.earning_id
    ),

    result as (
        insert into public.payout_run_results (
            run_id, org_id, payee_id, instructor_id, currency, amount_cents, outcome, reason, payout_id
        )
        select
            p_run.id, p_run.org_id, decision.payee_id, decision.instructor_id, decision.currency,
            decision.amount_cents, decision.outcome, decision.reason,
            case decision.outcome when 'payout' then decision.payout_id end
        from decision
    )

    select array_agg(
        row(
            p_run.org_id, created.id, format('payout:%s:created', created.id), created.currency,
            line.account_kind, created.payee_id, line.amount_cents
        )::private.keyed_posting
    )
    into postings
    from created
    cross join lateral (
        values
            ('payee_payable'::private.ledger_account_kind, created.amount_cents),
            ('payout_in_transit', -created.amount_cents)
    ) line (account_kind, amount_cents);

    perform private.post_batch('payout_created', 'payout', p_run.cutoff_at, postings);

    perform private.raise_alert(
        result.org_id, result.instructor_id, 'payout_held',
        case result.reason
            when 'admin_hold' then 'Your payout is on hold while the platform looks into it.'
            else 'Your payout is on hold because Stripe has restricted your account. Open its Stripe dashboard, or contact support.'
        end,
        'payout_runs', result.run_id, format('payout_run:%s:held:%s:%s', result.run_id, result.payee_id, result.currency)
    )
    from public.payout_run_results result
    where result.org_id = p_run.org_id
        and result.run_id = p_run.id
        and result.outcome = 'held';
end;
$$;

-- The id of a payout: a hash (as a UUID of version 8) of what makes it the payout that it is, not of the database in which it stands. Its
-- transfer bears it at Stripe, so a database restored to before a payday recognizes what it has paid already.
create function private.derive_payout_id(
    p_org_id uuid,
    p_schedule public.payout_schedule,
    p_period_on date,
    p_sequence integer,
    p_payee_id uuid,
    p_currency text
)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.uuid_of(
        format(
            'payout:%s:%s:%s:%s:%s:%s',
            p_org_id, p_schedule, to_char(p_period_on, 'YYYY-MM-DD'), p_sequence, p_payee_id, p_currency
        )
    );
$$;

-- The id that a payout has instead of one under which a transfer was adopted as paid in advance: that transfer pays for no other payout.
create function private.another_payout_id(p_payout_id uuid)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    drawn_id uuid := p_payout_id;
begin
    while exists (
        select from private.unbooked_transfers adopted where adopted.payout_id = drawn_id and adopted.adopted_at is not null
    )
    loop
        drawn_id := private.uuid_of(format('payout:after:%s', drawn_id));
    end loop;
    return drawn_id;
end;
$$;
