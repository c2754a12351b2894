-- The figures of a month (UTC) that finance and the platform's admins look at, as one JSON document, which `python -m jobs report` renders:
-- {"month", "organization", "is_closed", "minor_digits": {<currency>: digits}, "tables": {<table>: [rows]}}. Amounts of the ledger go by the
-- month of the books; what is counted (lessons, refunds, cancellations) by when it happened. Definer: the job has no access to the tables.
create function private.month_report(p_month date)
    returns jsonb
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    return private.report_of_month(null, p_month);
end;
$$;

-- The same for a person, which the webhook service renders: of the whole platform (p_org_id null) for its admins, of a school for the
-- school's. Definer: as month_report.
create function private.report_for(p_user_id uuid, p_has_second_factor boolean, p_org_id uuid, p_month date)
    returns jsonb
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.act_for(p_user_id, p_has_second_factor);
    if p_org_id is null then
        perform private.assert_platform_admin();
    else
        perform private.require_org_admin(p_org_id);
    end if;
    return private.report_of_month(p_org_id, p_month);
end;
$$;

-- A closed month's report is kept as a whole, by the next maintenance or when it is first asked for. What comes to be known later does not
-- change it.
create function private.report_of_month(p_org_id uuid, p_month date)
    returns jsonb
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    month constant date := date_trunc('month', p_month::timestamp);
    closing private.month_closings;
begin
    if not coalesce(isfinite(month) and month::timestamp at time zone 'UTC' <= private.clock(), false) then
        perform private.refuse(
            'PT422', 'month_not_begun',
            'There is nothing to report of a month that has not begun.',
            'Name an earlier month, such as 2026-10.'
        );
    end if;
    select * into closing
    from private.month_closings closed
    where closed.month_on = month and closed.reopened_at is null;
    if not found then
        return private.compose_report(p_org_id, month);
    end if;
    perform private.keep_report(p_org_id, closing);
    return (
        select kept.contents
        from private.month_reports kept
        where kept.org_id = coalesce(p_org_id, private.platform_id())
            and kept.month_on = month
            and kept.version = closing.version
    );
end;
$$;

-- Keeps the report of a closed month, once for each closing. The platform's own is kept under the organization that stands for it.
create function private.keep_report(p_org_id uuid, p_closing private.month_closings)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    kept integer;
begin
    insert into private.month_reports (org_id, month_on, version, contents)
    select
        coalesce(p_org_id, private.platform_id()), p_closing.month_on, p_closing.version,
        private.compose_report(p_org_id, p_closing.month_on)
    where not exists (
        select
        from private.month_reports earlier
        where earlier.org_id = coalesce(p_org_id, private.platform_id())
            and earlier.month_on = p_closing.month_on
            and earlier.version = p_closing.version
    )
    on conflict do nothing;
    get diagnostics kept = row_count;
    return kept;
end;
$$;

-- Keeps the platform's reports of the closed months that have none yet. maintain_platform (95) calls it: composing one reads all that there is
-- of a month, which is no work for the call that closes it.
create function private.keep_platform_reports()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(sum(private.keep_report(null, closing)), 0)::integer
        from (
            select closed.*
            from private.month_closings closed
            where closed.reopened_at is null
                and not exists (
                    select
                    from private.month_reports kept
                    where kept.org_id = private.platform_id()
                        and kept.month_on = closed.month_on
                        and kept.version = closed.version
                )
            order by closed.month_on
        ) closing
    );
end;
$$;

-- Keeps the report of a school for the latest closed month. maintain_organization (95) calls it.
create function private.keep_closed_reports(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(sum(private.keep_report(p_org_id, closing)), 0)::integer
        from (
            select closed.*
            from private.month_closings closed
            where closed.reopened_at is null
                and p_org_id <> private.platform_id()
            order by closed.month_on desc
            limit 1
        ) closing
    );
end;
$$;

create function private.compose_report(p_org_id uuid, p_month date)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
    set plan_cache_mode = force_custom_plan
as $$
declare
    starts_at constant timestamptz := p_month::timestamp at time zone 'UTC';
    ends_at constant timestamptz := (p_month + interval '1 month') at time zone 'UTC';
begin
    return jsonb_build_object(
        'month', to_char(p_month, 'YYYY-MM'),
        'organization', (select organization.name from public.organizations organization where organization.id = p_org_id),
        'is_closed', p_month < private.first_open_month(),
        'minor_digits', (select jsonb_object_agg(currency.code, currency.minor_digits) from private.currencies currency),
        'tables', jsonb_build_object(
            'revenue', (select coalesce(jsonb_agg(listed), '[]') from private.report_revenue(p_org_id, starts_at, ends_at) listed),
            'payouts', (select coalesce(jsonb_agg(listed), '[]') from private.report_payouts(p_org_id, p_month) listed),
            'refunds', (select coalesce(jsonb_agg(listed), '[]') from private.report_refunds(p_org_id, starts_at, ends_at) listed),
            'disputes', (select coalesce(jsonb_agg(listed), '[]') from private.report_disputes(p_org_id, starts_at, ends_at) listed),
            'prepaid', (select coalesce(jsonb_agg(listed), '[]') from private.report_prepaid(p_org_id, starts_at, ends_at) listed),
            'balances', (select coalesce(jsonb_agg(listed), '[]') from private.report_balances(p_org_id, p_month) listed),
            'negative_balances', (
                select coalesce(jsonb_agg(listed), '[]') from private.report_negative_balances(p_org_id, p_month) listed
            ),
            'utilisation', (select coalesce(jsonb_agg(listed), '[]') from private.report_utilisation(p_org_id, starts_at, ends_at) listed),
            'cancellations', (select coalesce(jsonb_agg(listed), '[]') from private.report_cancellations(p_org_id, starts_at, ends_at) listed),
            'kpis', (select coalesce(jsonb_agg(listed), '[]') from private.kpis_of(p_org_id, p_month, 1) listed),
            'learner_revenue', (select coalesce(jsonb_agg(listed), '[]') from private.learner_revenue_of(p_org_id, p_month, 1) listed)
        ) || case when p_org_id is null then private.platform_tables(p_month, starts_at, ends_at) else '{}' end
    );
end;
$$;

-- What is the platform's alone.
create function private.platform_tables(p_month date, p_from timestamptz, p_until timestamptz)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return jsonb_build_object(
        'margin', (select coalesce(jsonb_agg(listed), '[]') from private.report_margin(p_month) listed),
        'months', (select coalesce(jsonb_agg(listed), '[]') from private.report_months(p_month) listed),
        'days', (select coalesce(jsonb_agg(listed), '[]') from private.report_days(p_month) listed),
        'exceptions', (select coalesce(jsonb_agg(listed), '[]') from private.report_exceptions(p_from, p_until) listed)
    );
end;
$$;

-- Revenue: what was ordered and is paid, what of it is earned now that lessons ended, and what was given back of earnings.
create function private.report_revenue(p_org_id uuid, p_from timestamptz, p_until timestamptz)
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
        where (p_org_id is null or ordered.org_id = p_org_id)
            and ordered.created_at >= p_from
            and ordered.created_at < p_until
        union all
        select earning.currency, 0, greatest(earning.amount_cents, 0), least(earning.amount_cents, 0)
        from public.earnings earning
        where (p_org_id is null or earning.org_id = p_org_id)
            and earning.created_at >= p_from
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
