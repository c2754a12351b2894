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
