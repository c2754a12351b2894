-- Turns the available earnings of a run into payouts, all in one statement: payouts, items, the earnings' link and a result
-- for every payee with a balance. Then the ledger moves what is owed into transit.
create function private.create_payouts(p_run public.payout_runs)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    postings private.keyed_posting[];
begin
    with decision as materialized (
        select * from private.decide_payouts(p_run.org_id, p_run.schedule, p_run.cutoff_at)
    ),

    picked as (
        select earning.id, earning.instructor_id, earning.payee_id, earning.currency, earning.amount_cents
        from public.earnings earning
        join decision
            on decision.payee_id = earning.payee_id
            and decision.currency = earning.currency
            and decision.outcome = 'payout'
        where earning.status = 'available'
            and earning.id in (select cleared.id from private.cleared_earnings(p_run.org_id, p_run.cutoff_at) cleared)
        for no key update of earning
    ),

    created as (
        insert into public.payouts (
            org_id, run_id, payee_id, instructor_id, connect_account_id, currency, amount_cents, payout_date
        )
        select
            p_run.org_id, p_run.id, decision.payee_id, decision.instructor_id, decision.connect_account_id,
            decision.currency, sum(picked.amount_cents), p_run.period_on
        from decision
        join picked on picked.payee_id = decision.payee_id and picked.currency = decision.currency
        group by decision.payee_id, decision.instructor_id, decision.connect_account_id, decision.currency
        returning id, payee_id, currency, amount_cents
    ),

    item as (
        insert into public.payout_items (payout_id, earning_id, org_id, instructor_id, amount_cents)
        select created.id, picked.id, p_run.org_id, picked.instructor_id, picked.amount_cents
        from picked
        join created on created.payee_id = picked.payee_id and created.currency = picked.currency
        returning payout_id, earning_id
    ),

    linked as (
        update public.earnings earning
        set payout_id = item.payout_id
        from item
        where earning.id = item.earning_id
    ),

    result as (
        insert into public.payout_run_results (
            run_id, org_id, payee_id, instructor_id, currency, amount_cents, outcome, reason, payout_id
        )
        select
            p_run.id, p_run.org_id, decision.payee_id, decision.instructor_id, decision.currency,
            decision.amount_cents, decision.outcome, decision.reason, created.id
        from decision
        left join created on created.payee_id = decision.payee_id and created.currency = decision.currency
    )

    select array_agg(
        row(
            created.id, format('payout:%s:created', created.id), created.currency,
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
            when 'admin_hold' then 'Your payout waits: the platform is looking into it.'
            else 'Your payout waits: Stripe has restricted your account. Look into its dashboard, or contact support.'
        end,
        'payout_runs', result.run_id, format('payout_run:%s:held:%s:%s', result.run_id, result.payee_id, result.currency)
    )
    from public.payout_run_results result
    where result.run_id = p_run.id
        and result.outcome = 'held';
end;
$$;
