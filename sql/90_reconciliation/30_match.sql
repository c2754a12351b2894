-- Matches what is unmatched of the next objects after this key, where Stripe and the ledger say the same, and returns the key to go on
-- from; null at the end. Of one object, what is left of both sides must be equal: a payment's charge is one balance transaction with its
-- fee in it, and two movements in the ledger. The first call of a run has the planner look at what the run has collected: without, of a
-- first run's million rows it expects that few are unmatched, and reads them all for each batch.
-- Definer: the job has no access to the tables.
create function private.match_balance_transactions(p_after text)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_custom_plan
as $$
declare
    batch_size constant integer := 1000;
    keys text[];
    balanced text[];
begin
    if p_after = '' then
        analyze private.balance_transactions, private.stripe_movements;
    end if;
    keys := private.next_unmatched_keys(p_after, batch_size);
    balanced := private.balanced_keys(keys);

    update private.balance_transactions moved
    set matched_at = private.clock(),
        ledger_org_id = pair.org_id,
        ledger_transaction_id = pair.ledger_transaction_id
    from private.pairs_of_keys(balanced) pair
    where moved.id = pair.balance_transaction_id
        and moved.matched_at is null;

    update private.stripe_movements movement
    set matched_at = private.clock(),
        balance_transaction_id = pair.balance_transaction_id
    from private.pairs_of_movements(balanced) pair
    where movement.org_id = pair.org_id
        and movement.ledger_transaction_id = pair.ledger_transaction_id
        and movement.matched_at is null;

    return case when cardinality(keys) = batch_size then keys[batch_size] end;
end;
$$;

-- The next objects of which something is unmatched, in order.
create function private.next_unmatched_keys(p_after text, p_limit integer)
    returns text[]
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return array(
        select waiting.object_key
        from (
            (
                select moved.object_key
                from private.balance_transactions moved
                where moved.matched_at is null
                    and moved.object_key > p_after collate "C"
                order by moved.object_key
                limit p_limit
            )
            union
            (
                select movement.object_key
                from private.stripe_movements movement
                where movement.matched_at is null
                    and movement.object_key > p_after collate "C"
                order by movement.object_key
                limit p_limit
            )
        ) waiting
        order by waiting.object_key collate "C"
        limit p_limit
    );
end;
$$;

-- Those of the objects whose unmatched sides are equal, in one currency. Movements that cancel out, as when money leaves suspense for the
-- payment that it belongs to, need no new balance transaction, but one that is known.
create function private.balanced_keys(p_keys text[])
    returns text[]
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return array(
        select side.object_key
        from (
            select moved.object_key, moved.currency, moved.net_cents as cents
            from private.balance_transactions moved
            where moved.object_key = any (p_keys)
                and moved.matched_at is null
            union all
            select movement.object_key, movement.currency, -movement.amount_cents
            from private.stripe_movements movement
            where movement.object_key = any (p_keys)
                and movement.matched_at is null
        ) side
        where exists (
            select
            from private.balance_transactions known
            where known.object_key = side.object_key
        )
        group by side.object_key
        having sum(side.cents) = 0
            and min(side.currency) = max(side.currency)
            and (
                bool_and(side.cents = 0)
                or exists (
                    select
                    from private.stripe_movements movement
                    where movement.object_key = side.object_key
                )
            )
    );
end;
$$;

-- Which ledger transaction each balance transaction of these objects belongs to: the movement of its amount, of several such the one of
-- the same rank; the largest, if none has its amount.
create function private.pairs_of_keys(p_keys text[])
    returns table (balance_transaction_id text, org_id uuid, ledger_transaction_id bigint)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select distinct on (moved.id) moved.id, movement.org_id, movement.ledger_transaction_id
    from (
        select known.*, row_number() over (partition by known.object_key, known.amount_cents order by known.occurred_at, known.id) as place
        from private.balance_transactions known
        where known.object_key = any (p_keys)
    ) moved
    left join (
        select
            known.*,
            row_number() over (partition by known.object_key, known.amount_cents order by known.ledger_transaction_id) as place
        from private.stripe_movements known
        where known.object_key = any (p_keys)
    ) movement on movement.object_key = moved.object_key
    order by
        moved.id,
        movement.amount_cents in (moved.amount_cents, moved.net_cents) desc,
        movement.place = moved.place desc,
        abs(movement.amount_cents) desc,
        movement.ledger_transaction_id;
$$;

-- Which balance transaction each movement of these objects belongs to: the one of its amount, its net or its fee, of several such the one
-- of the same rank; the earliest, if none is.
create function private.pairs_of_movements(p_keys text[])
    returns table (org_id uuid, ledger_transaction_id bigint, balance_transaction_id text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select distinct on (movement.ledger_transaction_id) movement.org_id, movement.ledger_transaction_id, moved.id
    from (
        select
            known.*,
            row_number() over (partition by known.object_key, known.amount_cents order by known.ledger_transaction_id) as place
        from private.stripe_movements known
        where known.object_key = any (p_keys)
    ) movement
    join (
        select known.*, row_number() over (partition by known.object_key, known.amount_cents order by known.occurred_at, known.id) as place
        from private.balance_transactions known
        where known.object_key = any (p_keys)
    ) moved on moved.object_key = movement.object_key
    order by
        movement.ledger_transaction_id,
        movement.amount_cents in (moved.amount_cents, moved.net_cents, -moved.fee_cents) desc,
        moved.place = movement.place desc,
        moved.occurred_at,
        moved.id;
$$;
