-- An exception that is open; refuses others. Locks it.
create function private.require_open_exception(p_exception_id uuid)
    returns private.reconciliation_exceptions
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    found_exception private.reconciliation_exceptions;
begin
    select * into found_exception
    from private.reconciliation_exceptions
    where id = p_exception_id
        and state = 'open'
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'exception_not_found',
            'There is no open exception with that id.',
            'List them with admin_reconciliation_exceptions.'
        );
    end if;
    return found_exception;
end;
$$;

-- Makes the calling admin the one who looks into an exception. Definer: no role may write exceptions.
create function private.admin_take_exception(p_exception_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_platform_admin(p_reason);
begin
    perform private.require_open_exception(p_exception_id);
    update private.reconciliation_exceptions set owner_id = person where id = p_exception_id;
end;
$$;

-- Decides about an exception. suggestion: the suggested object is the other side, and is matched with it. processor_fees, write_offs or
-- platform_bank: what Stripe moved and the ledger lacks is posted, against that account of the platform. explained: nothing is posted; the
-- difference keeps its name in every run. Definer: no role may write exceptions.
create function private.admin_resolve_exception(p_exception_id uuid, p_resolution text, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_platform_admin(p_reason);
    decided private.reconciliation_exceptions;
begin
    decided := private.require_open_exception(p_exception_id);
    if p_resolution = 'suggestion' and decided.suggested_key is not null then
        perform private.match_suggestion(decided);
    elsif p_resolution in ('processor_fees', 'write_offs', 'platform_bank') and decided.reason in ('missing_here', 'unknown_category') then
        perform private.post_missing(decided, p_resolution::private.ledger_account_kind);
    elsif p_resolution is distinct from 'explained' then
        perform private.refuse(
            'PT422', 'bad_resolution',
            'That is no way to resolve this exception.',
            'Send explained; suggestion, where there is one; or processor_fees, write_offs or platform_bank for what is missing here.'
        );
    end if;

    update private.reconciliation_exceptions
    set state = 'resolved',
        resolution = p_resolution,
        resolution_reason = p_reason,
        resolved_at = private.clock(),
        resolved_by = person
    where id = decided.id;
end;
$$;

-- Matches an exception with its suggestion, both ways, unless either has changed since it was made.
create function private.match_suggestion(p_exception private.reconciliation_exceptions)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    keys constant text[] := array[p_exception.object_key, p_exception.suggested_key];
    first_transaction_id text;
    first_movement private.stripe_movements;
    left_cents bigint;
begin
    select sum(unmatched.stripe_cents - unmatched.ledger_cents)
    into left_cents
    from private.unmatched_objects unmatched
    where unmatched.object_key = any (keys)
        and unmatched.currency = p_exception.currency;
    select min(moved.id) into first_transaction_id
    from private.balance_transactions moved
    where moved.object_key = any (keys) and moved.currency = p_exception.currency and moved.matched_at is null;
    select * into first_movement
    from private.stripe_movements movement
    where movement.object_key = any (keys) and movement.currency = p_exception.currency and movement.matched_at is null
    order by movement.ledger_transaction_id
    limit 1;
    if left_cents is distinct from 0 or first_transaction_id is null or first_movement.org_id is null then
        perform private.refuse(
            'PT409', 'suggestion_outdated',
            'What was suggested is matched by now, or has changed.',
            'Run python -m jobs reconcile, and look at the exception again.'
        );
    end if;

    update private.balance_transactions
    set matched_at = private.clock(),
        ledger_org_id = first_movement.org_id,
        ledger_transaction_id = first_movement.ledger_transaction_id
    where object_key = any (keys)
        and currency = p_exception.currency
        and matched_at is null;
    update private.stripe_movements
    set matched_at = private.clock(),
        balance_transaction_id = first_transaction_id
    where object_key = any (keys)
        and currency = p_exception.currency
        and matched_at is null;
    update private.reconciliation_exceptions
    set state = 'matched',
        resolved_at = private.clock()
    where object_key = p_exception.suggested_key
        and currency = p_exception.currency
        and state = 'open';
end;
$$;

-- Posts what Stripe moved and the ledger lacks, under the platform's organization, and matches it.
create function private.post_missing(p_exception private.reconciliation_exceptions, p_account_kind private.ledger_account_kind)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    moved private.balance_transactions;
    posted_id bigint;
begin
    for moved in
        select missing.*
        from private.balance_transactions missing
        where missing.object_key = p_exception.object_key
            and missing.currency = p_exception.currency
            and missing.matched_at is null
            and missing.net_cents <> 0
        for no key update
    loop
        perform private.post_transaction(
            private.platform_id(), 'exception_posted', 'balance_transaction', null, format('balance_transaction:%s', moved.id),
            moved.currency, moved.occurred_at,
            array[
                row(p_account_kind, null, -moved.net_cents),
                row('stripe_balance', null, moved.net_cents)
            ]::private.posting[]
        );
        select posted.id into strict posted_id
        from private.ledger_transactions posted
        where posted.org_id = private.platform_id()
            and posted.idempotency_key = format('balance_transaction:%s', moved.id);
        insert into private.stripe_movements (
            org_id, ledger_transaction_id, object_key, currency, amount_cents, occurred_at, booked_at, balance_transaction_id, matched_at
        )
        values (
            private.platform_id(), posted_id, moved.object_key, moved.currency, moved.net_cents, moved.occurred_at,
            greatest(moved.occurred_at, private.posting_month(moved.occurred_at)::timestamp at time zone 'UTC'), moved.id, private.clock()
        );
        update private.balance_transactions
        set matched_at = private.clock(),
            ledger_org_id = private.platform_id(),
            ledger_transaction_id = posted_id
        where id = moved.id;
    end loop;
end;
$$;

-- The exceptions, the open ones first; for platform admins. Definer: no role may read them.
create function private.admin_reconciliation_exceptions(p_state text)
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
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_platform_admin();
    return query
    select
        listed.id, listed.object_key, listed.currency, listed.reason, listed.stripe_cents, listed.ledger_cents, listed.difference_cents,
        listed.suggested_key, listed.since, listed.state, listed.owner_id, listed.resolution, listed.resolution_reason, listed.resolved_at
    from private.reconciliation_exceptions listed
    where p_state is null
        or listed.state = p_state
    order by listed.state = 'open' desc, listed.since, listed.object_key
    limit 1000;
end;
$$;
