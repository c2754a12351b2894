create function public.admin_reconciliation_exceptions(p_state text default 'open')
    returns table (
        exception_id uuid,
        object_key text,
        currency text,
        reason text,
        stripe_cents bigint,
        ledger_cents bigint,
        difference_cents bigint,
        suggested_key text,
        since timestamptz,
        state text,
        owner_id uuid,
        resolution text,
        resolution_reason text,
        resolved_at timestamptz
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        listed.exception_id, listed.object_key, listed.currency, listed.reason, listed.stripe_cents, listed.ledger_cents,
        listed.difference_cents, listed.suggested_key, listed.since, listed.state, listed.owner_id, listed.resolution,
        listed.resolution_reason, listed.resolved_at
    from private.admin_reconciliation_exceptions(p_state) listed;
end;

comment on function public.admin_reconciliation_exceptions is
    'Where Stripe and the ledger differ: open (the default), matched, resolved, or null for all; at most 1,000, the open ones first. Platform '
    'admins only. Errors: not_an_admin.';

create function public.admin_take_exception(p_exception_id uuid, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_take_exception(p_exception_id, p_reason);

comment on function public.admin_take_exception is
    'Makes the calling admin the one who looks into an exception; platform admins only. '
    'Errors: not_an_admin, reason_required, exception_not_found.';

create function public.admin_resolve_exception(p_exception_id uuid, p_resolution text, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_resolve_exception(p_exception_id, p_resolution, p_reason);

comment on function public.admin_resolve_exception is
    'Decides about an exception: suggestion (the suggested object is the other side), processor_fees, write_offs or platform_bank (posts what '
    'the ledger lacks against that account), or explained (posts nothing). Platform admins only. '
    'Errors: not_an_admin, reason_required, exception_not_found, bad_resolution, suggestion_outdated.';

create function public.admin_close_month(p_month date, p_reason text)
    returns jsonb
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_close_month(p_month, p_reason);

comment on function public.admin_close_month is
    'Closes a month (UTC) of the books, given by any of its days, and returns its totals: {"month", "currencies": {<currency>: {"accounts": '
    '{<kind>: {"opening_cents", "debits_cents", "credits_cents", "closing_cents"}}, "stripe": {"opening_cents", "net_cents", "categories", '
    '"closing_cents"}}}}. What happened in it and comes to be known later is posted in the first open month. Platform admins only. '
    'Errors: not_an_admin, reason_required, month_not_over, month_out_of_order, month_not_reconciled.';

create function public.admin_reopen_month(p_month date, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_reopen_month(p_month, p_reason);

comment on function public.admin_reopen_month is
    'Opens the latest closed month of the books again; platform admins only. Errors: not_an_admin, reason_required, month_not_latest.';

create function public.organization_kpis(p_org_id uuid, p_from date, p_months integer default 12)
    returns table (
        month date,
        active_learners bigint,
        lessons bigint,
        new_learners bigint,
        repeat_bps integer,
        offered_minutes bigint,
        sold_minutes bigint,
        utilisation_bps integer,
        cancelled_by_learner bigint,
        cancelled_by_instructor bigint,
        cancelled_by_others bigint,
        no_shows bigint,
        no_show_bps integer,
        hours_to_first_lesson integer
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        kpi.month, kpi.active_learners, kpi.lessons, kpi.new_learners, kpi.repeat_bps, kpi.offered_minutes, kpi.sold_minutes,
        kpi.utilisation_bps, kpi.cancelled_by_learner, kpi.cancelled_by_instructor, kpi.cancelled_by_others, kpi.no_shows, kpi.no_show_bps,
        kpi.hours_to_first_lesson
    from private.organization_kpis(p_org_id, p_from, p_months) kpi;
end;

comment on function public.organization_kpis is
    'How a school does, month by month (UTC): learners with completed lessons, how many of them had one before (repeat_bps), hours offered and '
    'sold, who cancelled and who did not come, and the median of hours from adding a learner to their first lesson. Parts are in basis points, and '
    'null of nothing. For the school''s admins; p_org_id null is the whole platform, for its admins. '
    'Errors: sign_in_required, organization_not_found, not_an_admin, second_factor_required, bad_time_range.';

create function public.organization_learner_revenue(p_org_id uuid, p_from date, p_months integer default 12)
    returns table (month date, currency text, revenue_cents bigint, active_learners bigint, revenue_per_learner_cents bigint)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select revenue.month, revenue.currency, revenue.revenue_cents, revenue.active_learners, revenue.revenue_per_learner_cents
    from private.organization_learner_revenue(p_org_id, p_from, p_months) revenue;
end;

comment on function public.organization_learner_revenue is
    'What the completed lessons of each month (UTC) cost their learners, and that per learner who had one, by currency. For the same people as '
    'organization_kpis. Errors: sign_in_required, organization_not_found, not_an_admin, second_factor_required, bad_time_range.';
