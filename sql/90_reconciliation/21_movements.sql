-- Where a run begins to collect: some thousands of ids before the newest movement, since ledger ids are given out in order but committed
-- out of order. Definer: the job has no access to the tables.
create function private.movements_recorded_until()
    returns bigint
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select greatest(coalesce(max(movement.ledger_transaction_id), 0) - 10000, 0) from private.stripe_movements movement;
$$;

-- Collects what the next ledger transactions after this id posted to stripe_balance, and returns the id to go on from; null at the end.
-- Definer: the job has no access to the tables.
create function private.record_stripe_movements(p_after bigint)
    returns bigint
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_custom_plan
as $$
declare
    batch_size constant integer := 5000;
    first_id bigint;
    last_id bigint;
    row_count integer;
begin
    perform private.name_movements();
    select min(batch.id), max(batch.id), count(*) into first_id, last_id, row_count
    from (
        select posted.id from private.ledger_transactions posted where posted.id > p_after order by posted.id limit batch_size
    ) batch;

    insert into private.stripe_movements (org_id, ledger_transaction_id, object_key, currency, amount_cents, occurred_at, booked_at)
    select
        posted.org_id, posted.id,
        coalesce(private.ledger_transaction_key(posted), format('ledger:%s', posted.id)),
        posted.currency, sum(entry.amount_cents), posted.effective_at,
        greatest(posted.effective_at, posted.month_on::timestamp at time zone 'UTC')
    from private.ledger_transactions posted
    join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
    join private.ledger_accounts account
        on account.org_id = entry.org_id
        and account.id = entry.account_id
        and account.kind = 'stripe_balance'
    where posted.id between first_id and last_id
        and not exists (
            select
            from private.stripe_movements known
            where known.org_id = posted.org_id
                and known.ledger_transaction_id = posted.id
        )
    group by posted.org_id, posted.id
    having sum(entry.amount_cents) <> 0
    on conflict do nothing;

    return case when row_count = batch_size then last_id end;
end;
$$;

-- Names the object of what was collected before it was known: that of an invoice's payment is known once the jobs have fetched its charge.
create function private.name_movements()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update private.stripe_movements movement
    set object_key = private.ledger_transaction_key(posted)
    from private.ledger_transactions posted
    where movement.matched_at is null
        and movement.object_key >= 'ledger:'
        and movement.object_key < 'ledger;'
        and posted.org_id = movement.org_id
        and posted.id = movement.ledger_transaction_id
        and private.ledger_transaction_key(posted) is not null;
end;
$$;
