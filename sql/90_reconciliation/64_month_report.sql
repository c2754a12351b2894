-- The figures of a month (UTC) that finance and the platform's admins look at, as one JSON document, which `python -m jobs report` renders:
-- {"month", "is_closed", "minor_digits": {<currency>: digits}, "tables": {<table>: [rows]}}. Amounts of the ledger go by the month of the
-- books; what is counted (lessons, refunds, cancellations) by when it happened. Definer: the job has no access to the tables.
create function private.month_report(p_month date)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_custom_plan
as $$
declare
    month constant date := date_trunc('month', p_month::timestamp);
    starts_at constant timestamptz := month::timestamp at time zone 'UTC';
    ends_at constant timestamptz := (month + interval '1 month') at time zone 'UTC';
begin
    if not coalesce(isfinite(month) and starts_at <= private.clock(), false) then
        perform private.refuse(
            'PT422', 'month_not_begun',
            'There is nothing to report of a month that has not begun.',
            'Name an earlier month, such as 2026-10.'
        );
    end if;
    return jsonb_build_object(
        'month', to_char(month, 'YYYY-MM'),
        'is_closed', month < private.first_open_month(),
        'minor_digits', (select jsonb_object_agg(currency.code, currency.minor_digits) from private.currencies currency),
        'tables', jsonb_build_object(
            'revenue', (select coalesce(jsonb_agg(listed), '[]') from private.report_revenue(starts_at, ends_at) listed),
            'margin', (select coalesce(jsonb_agg(listed), '[]') from private.report_margin(month) listed),
            'months', (select coalesce(jsonb_agg(listed), '[]') from private.report_months(month) listed),
            'days', (select coalesce(jsonb_agg(listed), '[]') from private.report_days(month) listed),
            'payouts', (select coalesce(jsonb_agg(listed), '[]') from private.report_payouts(month) listed),
            'refunds', (select coalesce(jsonb_agg(listed), '[]') from private.report_refunds(starts_at, ends_at) listed),
            'disputes', (select coalesce(jsonb_agg(listed), '[]') from private.report_disputes(starts_at, ends_at) listed),
            'prepaid', (select coalesce(jsonb_agg(listed), '[]') from private.report_prepaid(starts_at, ends_at) listed),
            'balances', (select coalesce(jsonb_agg(listed), '[]') from private.report_balances(month) listed),
            'negative_balances', (select coalesce(jsonb_agg(listed), '[]') from private.report_negative_balances(month) listed),
            'utilisation', (select coalesce(jsonb_agg(listed), '[]') from private.report_utilisation(starts_at, ends_at) listed),
            'cancellations', (select coalesce(jsonb_agg(listed), '[]') from private.report_cancellations(starts_at, ends_at) listed),
            'exceptions', (select coalesce(jsonb_agg(listed), '[]') from private.report_exceptions(starts_at, ends_at) listed)
        )
    );
end;
$$;

-- Revenue: what was ordered and is paid, what of it is earned now that lessons ended, and what was given back of earnings.
create function private.report_revenue(p_from timestamptz, p_until timestamptz)
    returns table (currency text, booked_cents bigint, earned_cents bigint, given_back_cents bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        total.currency, sum(total.booked)::bigint, sum(total.earned)::bigint, sum(total.given_back)::bigint
    from (
        select item.currency, item.total_cents as booked, 0 as earned, 0 as given_back
        from public.orders ordered
        join public.order_items item on item.org_id = ordered.org_id and item.order_id = ordered.id and item.is_paid
        where ordered.created_at >= p_from
            and ordered.created_at < p_until
        union all
        select earning.currency, 0, greatest(earning.amount_cents, 0), least(earning.amount_cents, 0)
        from public.earnings earning
        where earning.created_at >= p_from
            and earning.created_at < p_until
            and earning.kind not in ('adjustment', 'write_off')
    ) total
    group by total.currency
    order by total.currency;
end;
$$;

-- The platform's margin: its fees and subscriptions, less promotions, Stripe's fees, and what disputes and write-offs cost.
create function private.report_margin(p_month date)
    returns table (currency text, line text, amount_cents bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select result.currency, coalesce(result.kind::text, 'margin'), -sum(result.amount_cents)::bigint
    from private.report_results(p_month, p_month) result
    group by grouping sets ((result.currency, result.kind), (result.currency))
    order by result.currency, grouping(result.kind), result.kind;
end;
$$;

-- The margin of twelve months, of which this is the last.
create function private.report_months(p_month date)
    returns table (currency text, month text, margin_cents bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select result.currency, to_char(result.month_on, 'YYYY-MM'), -sum(result.amount_cents)::bigint
    from private.report_results((p_month - interval '11 months')::date, p_month) result
    group by result.currency, result.month_on
    order by result.currency, result.month_on;
end;
$$;

-- What some months' postings did to the platform's income and expenses.
create function private.report_results(p_from date, p_to date)
    returns table (currency text, month_on date, kind private.ledger_account_kind, amount_cents bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select posted.currency, posted.month_on, account.kind, sum(entry.amount_cents)::bigint
    from private.ledger_transactions posted
    join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
    join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
    where posted.month_on between p_from and p_to
        and account.kind in (
            'platform_fees', 'subscription_revenue', 'promotions', 'processor_fees', 'dispute_fees', 'dispute_losses', 'write_offs'
        )
    group by posted.currency, posted.month_on, account.kind;
end;
$$;

-- What moved Stripe's balance on each day of the month: from payers, back to them, and to payees; negative is out.
create function private.report_days(p_month date)
    returns table (currency text, day date, received_cents bigint, refunded_cents bigint, paid_out_cents bigint, other_cents bigint)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        moved.currency, moved.day,
        coalesce(sum(moved.cents) filter (where moved.line = 'received'), 0)::bigint,
        coalesce(sum(moved.cents) filter (where moved.line = 'refunded'), 0)::bigint,
        coalesce(sum(moved.cents) filter (where moved.line = 'paid_out'), 0)::bigint,
        coalesce(sum(moved.cents) filter (where moved.line = 'other'), 0)::bigint
    from (
        select
            posted.currency,
            greatest((posted.effective_at at time zone 'UTC')::date, posted.month_on) as day,
            entry.amount_cents as cents,
            case
                when posted.kind in ('payment_succeeded', 'received_elsewhere', 'invoice_paid') then 'received'
                when posted.source_type = 'refund' or posted.kind in ('invoice_refund_succeeded', 'invoice_refund_failed') then 'refunded'
                when posted.source_type in ('payout', 'transfer') then 'paid_out'
                else 'other'
            end as line
        from private.ledger_transactions posted
        join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
        join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
        where posted.month_on = p_month
            and account.kind = 'stripe_balance'
    ) moved
    group by 1, 2
    order by 1, 2;
end;
$$;
