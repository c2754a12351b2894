-- Closes a month of the books (UTC), given by any of its days: freezes its totals with their hash, and returns them. From then on what
-- happened in it is posted in the first month that is open. Months close in order, once they are over and reconciled. Payments wait for the
-- close, so it reads the month alone, and leaves its report to the next maintenance (keep_platform_reports).
-- Definer: no role may write closings.
create function private.admin_close_month(p_month date, p_reason text)
    returns jsonb
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_platform_admin(p_reason);
    month constant date := date_trunc('month', p_month::timestamp);
    frozen jsonb;
begin
    -- Waits for the postings under way, and makes later ones wait.
    perform pg_advisory_xact_lock('private.month_closings'::regclass::oid::bigint);
    perform private.assert_month_can_close(month);
    frozen := private.month_totals(month);
    insert into private.month_closings (month_on, version, totals, content_hash, closed_by, reason)
    select month, coalesce(max(earlier.version), 0) + 1, frozen, private.hash_of(frozen), person, p_reason
    from private.month_closings earlier
    where earlier.month_on = month;
    return frozen;
end;
$$;

-- Refuses a month that is not over, is not the next one, or is not reconciled.
create function private.assert_month_can_close(p_month date)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    ends_at constant timestamptz := (p_month + interval '1 month') at time zone 'UTC';
begin
    if not coalesce(isfinite(p_month), false) or private.clock() < ends_at then
        perform private.refuse(
            'PT409', 'month_not_over',
            'That month is not over yet, in UTC.',
            'Close it in the next month, once python -m jobs reconcile has explained all of it.'
        );
    end if;
    if private.first_open_month() <> '-infinity' and p_month <> private.first_open_month() then
        perform private.refuse(
            'PT409', 'month_out_of_order',
            'Months are closed in order, each once.',
            format('The next month to close is %s.', to_char(private.first_open_month(), 'YYYY-MM'))
        );
    end if;
    if not private.is_reconciled_until(ends_at) then
        perform private.refuse(
            'PT409', 'month_not_reconciled',
            'That month is not reconciled.',
            'Run python -m jobs reconcile a day after its end, and resolve every exception up to then.'
        );
    end if;
end;
$$;

-- Whether the months until then have postings to stripe_balance that no run has collected yet.
create function private.has_uncollected_postings(p_until timestamptz)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from private.ledger_transactions posted
        join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
        join private.ledger_accounts account
            on account.org_id = entry.org_id
            and account.id = entry.account_id
            and account.kind = 'stripe_balance'
        where posted.id > private.movements_recorded_until()
            and posted.month_on < p_until at time zone 'UTC'
            and not exists (
                select
                from private.stripe_movements known
                where known.org_id = posted.org_id
                    and known.ledger_transaction_id = posted.id
            )
        group by posted.org_id, posted.id
        having sum(entry.amount_cents) <> 0
    );
$$;

-- Whether everything until then is reported and explained: the last run came after it and left no remainder, nothing was listed or posted
-- since, no exception from before is open, and what does not match is none that still waits.
create function private.is_reconciled_until(p_until timestamptz)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from (
            select run.listed_until, run.remainders
            from private.reconciliation_runs run
            order by run.id desc
            limit 1
        ) last_run
        where last_run.listed_until >= p_until
            and not exists (select from jsonb_each_text(last_run.remainders) remainder where remainder.value <> '0')
            and not exists (
                select
                from private.stripe_movements movement
                where movement.recorded_at > (select max(run.finished_at) from private.reconciliation_runs run)
                    and movement.booked_at < p_until
            )
            and not exists (
                select
                from private.balance_transactions moved
                where moved.recorded_at > (select max(run.finished_at) from private.reconciliation_runs run)
                    and moved.booked_at < p_until
            )
    )
    and not private.has_uncollected_postings(p_until)
    and not exists (
        select
        from private.unmatched_objects unmatched
        where unmatched.since < p_until
            and not exists (
                select
                from private.reconciliation_exceptions decided
                where decided.object_key = unmatched.object_key
                    and decided.currency = unmatched.currency
                    and decided.state = 'resolved'
                    and (decided.stripe_cents, decided.ledger_cents) = (unmatched.stripe_cents, unmatched.ledger_cents)
            )
    )
    and not exists (
        select
        from private.reconciliation_exceptions difference
        where difference.state = 'open'
            and difference.since < p_until
    );
$$;

-- The totals of a month, by currency: of each kind of account what it opened with, what was debited and credited, and what it closed
-- with; and the same of Stripe's balance, by reporting category.
create function private.month_totals(p_month date)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select jsonb_build_object(
            'month', to_char(p_month, 'YYYY-MM'),
            'currencies', coalesce(
                jsonb_object_agg(
                    known.currency,
                    jsonb_build_object(
                        'accounts', private.account_totals(known.currency, p_month),
                        'stripe', private.stripe_totals(known.currency, p_month)
                    )
                ),
                '{}'
            )
        )
        from (select distinct account.currency from private.ledger_accounts account) known
    );
end;
$$;

-- The totals of the month before, if that is closed: what it closed with stays, since nothing is posted there any more.
create function private.totals_before(p_month date)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select closing.totals
    from private.month_closings closing
    where closing.month_on = (p_month - interval '1 month')::date
        and closing.reopened_at is null;
$$;

-- What was posted since the closed month before, on top of what that closed with; without one, all that was ever posted.
create function private.account_totals(p_currency text, p_month date)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(jsonb_object_agg(total.kind, to_jsonb(total) - 'kind'), '{}')
    from (
        select
            moved.kind,
            coalesce(sum(moved.cents) filter (where moved.month_on < p_month), 0)::bigint as opening_cents,
            coalesce(sum(greatest(moved.cents, 0)) filter (where moved.month_on = p_month), 0)::bigint as debits_cents,
            coalesce(sum(least(moved.cents, 0)) filter (where moved.month_on = p_month), 0)::bigint as credits_cents,
            sum(moved.cents)::bigint as closing_cents
        from (
            select account.key as kind, date '-infinity' as month_on, (account.value ->> 'closing_cents')::bigint as cents
            from jsonb_each(private.totals_before(p_month) #> array['currencies', p_currency, 'accounts']) account
            union all
            select account.kind::text, posted.month_on, entry.amount_cents
            from private.ledger_transactions posted
            join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
            join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
            where posted.currency = p_currency
                and posted.month_on <= p_month
                and posted.month_on >= (select case when private.totals_before(p_month) is null then '-infinity' else p_month end)
        ) moved
        group by moved.kind
    ) total;
$$;

-- The same of Stripe's balance. What is listed late counts in the first month that was open (booked_at), so that a closed one stays. A closed
-- month says nothing of a currency in which the ledger had no account yet: what Stripe held of it is counted.
create function private.stripe_totals(p_currency text, p_month date)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select month.breakdown || jsonb_build_object(
        'opening_cents', month.opening_cents,
        'closing_cents', month.opening_cents + (month.breakdown ->> 'net_cents')::bigint
    )
    from (
        select
            private.balance_breakdown(
                p_currency, p_month::timestamp at time zone 'UTC', (p_month + interval '1 month') at time zone 'UTC'
            ) as breakdown,
            coalesce(
                (private.totals_before(p_month) #>> array['currencies', p_currency, 'stripe', 'closing_cents'])::bigint,
                (
                    select sum(moved.net_cents)::bigint
                    from private.balance_transactions moved
                    where moved.currency = p_currency
                        and moved.balance_type = 'payments'
                        and moved.booked_at < p_month::timestamp at time zone 'UTC'
                ),
                0
            ) as opening_cents
    ) month;
$$;

-- Opens the latest closed month again; the closing stays, with the reason. Definer: no role may write closings.
create function private.admin_reopen_month(p_month date, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_platform_admin(p_reason);
    month constant date := date_trunc('month', p_month::timestamp);
begin
    perform pg_advisory_xact_lock('private.month_closings'::regclass::oid::bigint);
    update private.month_closings closing
    set reopened_at = private.clock(),
        reopened_by = person,
        reopening_reason = p_reason
    where closing.month_on = month
        and closing.reopened_at is null
        and month + interval '1 month' = private.first_open_month();
    if not found then
        perform private.refuse(
            'PT409', 'month_not_latest',
            'Only the latest closed month can be opened again.',
            'Name that one; what was closed before it stays closed.'
        );
    end if;
end;
$$;
