-- Ends a run: compares what Stripe holds (p_balance, as Stripe answers: available and pending) with the ledger, and returns a row for each
-- currency. waiting is on its way, exceptions is written down; what is left without a name is the remainder, and must be zero.
-- Definer: the job has no access to the tables.
create function private.finish_reconciliation(p_balance jsonb, p_listed_until timestamptz)
    returns table (
        currency text,
        stripe_cents bigint,
        mirrored_cents bigint,
        ledger_cents bigint,
        waiting_cents bigint,
        exceptions_cents bigint,
        remainder_cents bigint
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_custom_plan
as $$
begin
    return query
    select
        compared.currency, compared.stripe_cents, compared.mirrored_cents, compared.ledger_cents, compared.waiting_cents,
        compared.exceptions_cents,
        compared.stripe_cents - compared.ledger_cents - compared.waiting_cents - compared.exceptions_cents
    from private.compare_balance(p_balance) compared
    order by compared.currency;

    insert into private.reconciliation_runs (listed_until, remainders)
    select
        p_listed_until,
        coalesce(
            jsonb_object_agg(
                compared.currency,
                compared.stripe_cents - compared.ledger_cents - compared.waiting_cents - compared.exceptions_cents
            ),
            '{}'
        )
    from private.compare_balance(p_balance) compared;
end;
$$;

-- By currency: what Stripe holds, what all its balance transactions sum to, what the ledger says, and what of the difference has a name.
create function private.compare_balance(p_balance jsonb)
    returns table (
        currency text,
        stripe_cents bigint,
        mirrored_cents bigint,
        ledger_cents bigint,
        waiting_cents bigint,
        exceptions_cents bigint
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    with side as (
        select lower(funds ->> 'currency') as currency, (funds ->> 'amount')::bigint as stripe, 0::bigint as mirrored, 0::bigint as ledger
        from unnest(array['available', 'pending']) part
        cross join jsonb_array_elements(p_balance -> part) funds
        union all
        select moved.currency, 0, moved.net_cents, 0
        from private.balance_transactions moved
        where moved.balance_type = 'payments'
        union all
        select account.currency, 0, 0, entry.amount_cents
        from private.ledger_accounts account
        join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
        where account.kind = 'stripe_balance'
    ),

    total as (
        select
            side.currency, sum(side.stripe)::bigint as stripe_cents, sum(side.mirrored)::bigint as mirrored_cents,
            sum(side.ledger)::bigint as ledger_cents
        from side
        group by side.currency
    ),

    named as (
        select
            unmatched.currency,
            sum(unmatched.stripe_cents - unmatched.ledger_cents) filter (where known.object_key is null)::bigint as waiting_cents,
            sum(unmatched.stripe_cents - unmatched.ledger_cents) filter (where known.object_key is not null)::bigint as exceptions_cents
        from private.unmatched_objects unmatched
        left join (
            select distinct listed.object_key, listed.currency
            from private.reconciliation_exceptions listed
            where listed.state in ('open', 'resolved')
        ) known on known.object_key = unmatched.object_key and known.currency = unmatched.currency
        group by unmatched.currency
    )

    select
        total.currency, total.stripe_cents, total.mirrored_cents, total.ledger_cents, coalesce(named.waiting_cents, 0),
        coalesce(named.exceptions_cents, 0)
    from total
    left join named on named.currency = total.currency;
$$;
