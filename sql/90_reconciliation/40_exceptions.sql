-- Writes down what has not matched within a day, closes what has by now, and returns how many exceptions are open. A category that we do
-- not know is one at once. What an admin has decided stays decided as long as the amounts do. Definer: the job has no access to the tables.
create function private.raise_reconciliation_exceptions()
    returns integer
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    update private.reconciliation_exceptions known
    set state = 'matched',
        resolved_at = private.clock()
    where known.state = 'open'
        and known.reason <> 'late'
        and not exists (
            select
            from private.unmatched_objects unmatched
            where unmatched.object_key = known.object_key
                and unmatched.currency = known.currency
        );

    insert into private.reconciliation_exceptions (object_key, currency, reason, stripe_cents, ledger_cents, suggested_key, since)
    select found.object_key, found.currency, found.reason, found.stripe_cents, found.ledger_cents, found.suggested_key, found.since
    from private.reasons_of_unmatched_objects() found
    where not exists (
        select
        from private.reconciliation_exceptions decided
        where decided.object_key = found.object_key
            and decided.currency = found.currency
            and decided.state = 'resolved'
            and (decided.stripe_cents, decided.ledger_cents) = (found.stripe_cents, found.ledger_cents)
    )
    on conflict (object_key, currency) where state = 'open' do update
    set reason = excluded.reason,
        stripe_cents = excluded.stripe_cents,
        ledger_cents = excluded.ledger_cents,
        suggested_key = excluded.suggested_key
    where (reconciliation_exceptions.reason, reconciliation_exceptions.stripe_cents, reconciliation_exceptions.ledger_cents)
        <> (excluded.reason, excluded.stripe_cents, excluded.ledger_cents)
        or reconciliation_exceptions.suggested_key is distinct from excluded.suggested_key;

    perform private.raise_late_matches();
    return (select count(*) from private.reconciliation_exceptions known where known.state = 'open');
end;
$$;

-- What of an object is unmatched, by currency, with what each side says.
create view private.unmatched_objects
    with (security_invoker = true)
as
select
    side.object_key,
    side.currency,
    sum(side.stripe_cents)::bigint as stripe_cents,
    sum(side.ledger_cents)::bigint as ledger_cents,
    bool_or(side.is_stripe) as is_at_stripe,
    bool_or(not side.is_stripe) as is_in_ledger,
    bool_or(side.is_unknown) as is_unknown,
    min(side.occurred_at) as since
from (
    select
        moved.object_key,
        moved.currency,
        moved.net_cents as stripe_cents,
        0 as ledger_cents,
        true as is_stripe,
        moved.occurred_at,
        not moved.is_known_category as is_unknown
    from private.balance_transactions moved
    where moved.matched_at is null
    union all
    select
        movement.object_key,
        movement.currency,
        0 as stripe_cents,
        movement.amount_cents as ledger_cents,
        false as is_stripe,
        movement.occurred_at,
        false as is_unknown
    from private.stripe_movements movement
    where movement.matched_at is null
) side
group by side.object_key, side.currency;

comment on view private.unmatched_objects is 'What Stripe and the ledger do not say alike, by object and currency: on its way, or an exception.';

-- Why each object that has waited for a day is unmatched. A suggestion is the one object of the other side, missing too, that moved the
-- same amount within a week.
create function private.reasons_of_unmatched_objects()
    returns table (
        object_key text,
        currency text,
        reason text,
        stripe_cents bigint,
        ledger_cents bigint,
        suggested_key text,
        since timestamptz
    )
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    with unmatched as materialized (
        select listed.*, count(*) over (partition by listed.object_key) as currencies
        from private.unmatched_objects listed
    )

    select
        missing.object_key,
        missing.currency,
        case
            when missing.is_unknown then 'unknown_category'
            when missing.currencies > 1 then 'currency_differs'
            when missing.is_at_stripe and missing.is_in_ledger then 'amount_differs'
            when other.candidates > 1 then 'ambiguous'
            when missing.is_at_stripe then 'missing_here'
            else 'missing_there'
        end,
        missing.stripe_cents,
        missing.ledger_cents,
        case when other.candidates = 1 then other.object_key end,
        missing.since
    from unmatched missing
    cross join lateral (
        select count(*) as candidates, min(candidate.object_key) as object_key
        from unmatched candidate
        where candidate.currency = missing.currency
            and candidate.is_at_stripe = missing.is_in_ledger
            and candidate.is_in_ledger = missing.is_at_stripe
            and not (missing.is_at_stripe and missing.is_in_ledger)
            and candidate.stripe_cents + candidate.ledger_cents = missing.stripe_cents + missing.ledger_cents
            and candidate.since between missing.since - interval '7 days' and missing.since + interval '7 days'
    ) other
    where missing.is_unknown
        or missing.since <= private.clock() - interval '1 day';
end;
$$;

-- Notes what was matched since the last run although Stripe and the ledger date it more than three days apart: two days' figures differ by it.
create function private.raise_late_matches()
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    insert into private.reconciliation_exceptions (object_key, currency, reason, stripe_cents, ledger_cents, since)
    select movement.object_key, movement.currency, 'late', sum(movement.amount_cents), sum(movement.amount_cents), min(moved.occurred_at)
    from private.stripe_movements movement
    join private.balance_transactions moved on moved.id = movement.balance_transaction_id
    where movement.matched_at >= (
            select coalesce(max(run.listed_until), '-infinity') from private.reconciliation_runs run
        )
        and movement.occurred_at not between moved.occurred_at - interval '3 days' and moved.occurred_at + interval '3 days'
        and not exists (
            select
            from private.reconciliation_exceptions known
            where known.object_key = movement.object_key
                and known.currency = movement.currency
                and known.reason = 'late'
        )
    group by movement.object_key, movement.currency
    on conflict (object_key, currency) where state = 'open' do nothing;
$$;
