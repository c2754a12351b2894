-- The days (UTC) to report until then, in order: those without a report, and those that something was recorded about since the last run,
-- with all days after these, whose balance it moves. Days in closed months stay as they are.
-- Definer: the job has no access to the tables.
create function private.days_to_report(p_until date)
    returns setof date
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    last_run_at constant timestamptz := coalesce(
        (
            select max(run.listed_until)
            from private.reconciliation_runs run
            where exists (select from public.reconciliation_reports report)
        ),
        '-infinity'
    );
    first_day date;
begin
    if p_until is null or p_until >= (private.clock() at time zone 'UTC')::date then
        perform private.refuse(
            'PT422', 'day_not_over',
            'A day is reported when it is over, in UTC.',
            'Send yesterday''s date, or an earlier one.'
        );
    end if;
    first_day := least(
        (
            select (min(fact.booked_at) at time zone 'UTC')::date
            from (
                select moved.booked_at from private.balance_transactions moved where moved.recorded_at >= last_run_at
                union all
                select movement.booked_at from private.stripe_movements movement where movement.recorded_at >= last_run_at
            ) fact
        ),
        (select max(report.report_date) + 1 from public.reconciliation_reports report)
    );
    if first_day is null then
        return;
    end if;
    return query
    select day.starts_at::date
    from generate_series(
        greatest(first_day, private.first_open_month())::timestamp, p_until::timestamp, interval '1 day'
    ) day (starts_at);
end;
$$;

-- Writes the reports of a day, one for each currency, and returns those that are new: the same facts give the same figures, and no new
-- version. Days go in order: a day opens with what the day before closed with. Definer: the job has no access to the tables.
create function private.write_reconciliation_reports(p_day date)
    returns table (report_date date, currency text, version integer, opening_cents bigint, closing_cents bigint, content_hash text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_custom_plan
as $$
begin
    return query
    insert into public.reconciliation_reports (
        report_date, currency, version, total_revenue_cents, total_payouts_cents, total_fees_cents, opening_cents, closing_cents,
        payment_breakdown, payout_breakdown, balance_breakdown, content_hash
    )
    select
        p_day, known.currency, coalesce(latest.version, 0) + 1,
        (figures.content ->> 'total_revenue_cents')::bigint,
        (figures.content ->> 'total_payouts_cents')::bigint,
        (figures.content ->> 'total_fees_cents')::bigint,
        (figures.content ->> 'opening_cents')::bigint,
        (figures.content ->> 'closing_cents')::bigint,
        figures.content -> 'payment_breakdown', figures.content -> 'payout_breakdown', figures.content -> 'balance_breakdown',
        private.hash_of(figures.content)
    from private.currencies_of_stripe() known (currency)
    cross join lateral private.day_figures(p_day, known.currency) figures (content)
    left join lateral private.latest_report(p_day, known.currency) latest on true
    where latest.content_hash is distinct from private.hash_of(figures.content)
    order by known.currency
    returning
        reconciliation_reports.report_date, reconciliation_reports.currency, reconciliation_reports.version,
        reconciliation_reports.opening_cents, reconciliation_reports.closing_cents, reconciliation_reports.content_hash;
end;
$$;

-- The currencies in which Stripe, or the ledger, has moved money: those of which an index has a first row. Asked whether a row exists, the
-- planner would read a table to its end for each currency that is not in it.
create function private.currencies_of_stripe()
    returns setof text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select currency.code
    from private.currencies currency
    where (select min(moved.booked_at) from private.balance_transactions moved where moved.currency = currency.code) is not null
        or (select min(movement.booked_at) from private.stripe_movements movement where movement.currency = currency.code) is not null
    order by currency.code;
$$;

-- The latest version of a day's report; null before the first.
create function private.latest_report(p_day date, p_currency text)
    returns public.reconciliation_reports
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select report
    from public.reconciliation_reports report
    where report.report_date = p_day
        and report.currency = p_currency
    order by report.version desc
    limit 1;
$$;

-- SHA-256 of figures, in hexadecimal. Postgres writes jsonb in one way only.
create function private.hash_of(p_content jsonb)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select encode(sha256(convert_to(p_content::text, 'UTF8')), 'hex');
$$;

-- The figures of a day (UTC) and currency.
create function private.day_figures(p_day date, p_currency text)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    from_at constant timestamptz := p_day::timestamp at time zone 'UTC';
    until_at constant timestamptz := (p_day + 1)::timestamp at time zone 'UTC';
    opening constant bigint := coalesce(
        (private.latest_report(p_day - 1, p_currency)).closing_cents,
        (
            select sum(moved.net_cents)
            from private.balance_transactions moved
            where moved.currency = p_currency
                and moved.balance_type = 'payments'
                and moved.booked_at < from_at
        ),
        0
    );
    moved constant jsonb := private.balance_breakdown(p_currency, from_at, until_at);
    payments constant jsonb := private.payment_breakdown(p_currency, from_at, until_at);
    payouts constant jsonb := private.payout_breakdown(p_currency, from_at, until_at);
begin
    return jsonb_build_object(
        'report_date', p_day,
        'currency', p_currency,
        'total_revenue_cents', coalesce((payments #>> '{payment_succeeded,stripe_balance_cents}')::bigint, 0)
            + coalesce((payments #>> '{invoice_paid,stripe_balance_cents}')::bigint, 0),
        'total_payouts_cents', (select coalesce(sum((part.value ->> 'cents')::bigint), 0) from jsonb_each(payouts) part),
        'total_fees_cents', (select coalesce(sum((part.value ->> 'platform_fees_cents')::bigint), 0) from jsonb_each(payments) part),
        'opening_cents', opening,
        'closing_cents', opening + (moved ->> 'net_cents')::bigint,
        'payment_breakdown', payments,
        'payout_breakdown', payouts,
        'balance_breakdown', moved
    );
end;
$$;

-- What moved Stripe's balance from one instant until before another, by reporting category.
create function private.balance_breakdown(p_currency text, p_from timestamptz, p_until timestamptz)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object(
        'net_cents', coalesce(sum(category.net_cents), 0),
        'categories', coalesce(
            jsonb_object_agg(category.reporting_category, to_jsonb(category) - 'reporting_category')
                filter (where category.reporting_category is not null),
            '{}'
        )
    )
    from (
        select
            moved.reporting_category,
            count(*) as count,
            sum(moved.amount_cents)::bigint as amount_cents,
            sum(moved.fee_cents)::bigint as fee_cents,
            sum(moved.net_cents)::bigint as net_cents
        from private.balance_transactions moved
        where moved.currency = p_currency
            and moved.balance_type = 'payments'
            and moved.booked_at >= p_from
            and moved.booked_at < p_until
        group by moved.reporting_category
    ) category;
$$;

-- What the ledger says of payments, refunds, disputes and fees in that time, by kind of transaction. What happened in a month that was
-- closed by then counts at the start of the month in which it was posted. The transactions are found first, by the time alone: planned
-- together with the accounts, all that was ever posted to the platform's would be read for each day.
create function private.payment_breakdown(p_currency text, p_from timestamptz, p_until timestamptz)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    with posted as materialized (
        select known.org_id, known.id, known.kind
        from private.ledger_transactions known
        where known.currency = p_currency
            and known.effective_at >= p_from
            and known.effective_at < p_until
            and known.month_on < p_until at time zone 'UTC'
            and known.source_type not in ('payout', 'transfer')
        union all
        select late.org_id, late.id, late.kind
        from private.ledger_transactions late
        where late.currency = p_currency
            and late.effective_at < p_from
            and late.month_on >= p_from at time zone 'UTC'
            and late.month_on < p_until at time zone 'UTC'
            and late.source_type not in ('payout', 'transfer')
    )

    select coalesce(jsonb_object_agg(total.kind, to_jsonb(total) - 'kind'), '{}')
    from (
        select
            posted.kind,
            count(distinct posted.id) as count,
            coalesce(sum(entry.amount_cents) filter (where account.kind = 'stripe_balance'), 0)::bigint as stripe_balance_cents,
            -coalesce(sum(entry.amount_cents) filter (where account.kind = 'platform_fees'), 0)::bigint as platform_fees_cents,
            coalesce(sum(entry.amount_cents) filter (where account.kind = 'processor_fees'), 0)::bigint as processor_fees_cents
        from posted
        join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
        join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
        where account.kind in ('stripe_balance', 'platform_fees', 'processor_fees')
        group by posted.kind
    ) total;
$$;

-- What was transferred to instructors and schools in that time, and what came back, by kind.
create function private.payout_breakdown(p_currency text, p_from timestamptz, p_until timestamptz)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(jsonb_object_agg(total.kind, to_jsonb(total) - 'kind'), '{}')
    from (
        select posted.kind, count(*) as count, -sum(movement.amount_cents)::bigint as cents
        from private.stripe_movements movement
        join private.ledger_transactions posted
            on posted.org_id = movement.org_id
            and posted.id = movement.ledger_transaction_id
        where movement.currency = p_currency
            and movement.booked_at >= p_from
            and movement.booked_at < p_until
            and posted.source_type in ('payout', 'transfer')
        group by posted.kind
    ) total;
$$;
