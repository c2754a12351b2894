-- Posts any number of business events of one kind, and returns how many of them are new. An event whose key was posted before is
-- skipped, and so are lines of zero.
-- Three points about the query: rows are inserted in the order of their keys, so that overlapping batches wait for each other
-- instead of deadlocking. The nil uuid is spelled out as in the index one_account_a_kind_owner_and_currency, because a generic
-- plan cannot match a variable with the index. Lines are joined to their transaction before their account: the planner
-- assumes that kind and owner are independent, expects one match, and would otherwise compare each line with all accounts.
create function private.post_batch(
    p_kind text,
    p_source_type text,
    p_effective_at timestamptz,
    p_postings private.keyed_posting[]
)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    posting_month constant date := private.posting_month(p_effective_at);
    posted integer;
begin
    insert into private.ledger_accounts (org_id, kind, owner_id, currency, balance_cents)
    select distinct
        posting.org_id,
        posting.account_kind,
        posting.owner_id,
        posting.currency,
        case when posting.owner_id is not null then 0 end
    from unnest(p_postings) posting
    where posting.amount_cents <> 0
        and not exists (
            select
            from private.ledger_accounts account
            where account.org_id = posting.org_id
                and account.kind = posting.account_kind
                and coalesce(account.owner_id, '00000000-0000-0000-0000-000000000000') = coalesce(posting.owner_id, '00000000-0000-0000-0000-000000000000')
                and account.currency = posting.currency
        )
    order by posting.org_id, posting.account_kind, posting.owner_id, posting.currency
    on conflict do nothing;

    with new_transaction as (
        insert into private.ledger_transactions (
            org_id, kind, source_type, source_id, idempotency_key, currency, effective_at, month_on
        )
        select distinct
            posting.org_id, p_kind, p_source_type, posting.source_id, posting.idempotency_key, posting.currency, p_effective_at, posting_month
        from unnest(p_postings) posting
        where posting.amount_cents <> 0
        order by posting.org_id, posting.idempotency_key
        on conflict (org_id, idempotency_key) do nothing
        returning org_id, id, idempotency_key
    ),

    new_line as materialized (
        select
            new_transaction.org_id, new_transaction.id as transaction_id, posting.account_kind, posting.owner_id,
            posting.currency, posting.amount_cents
        from unnest(p_postings) posting
        join new_transaction
            on new_transaction.org_id = posting.org_id
            and new_transaction.idempotency_key = posting.idempotency_key
        where posting.amount_cents <> 0
    ),

    new_entry as (
        insert into private.ledger_entries (org_id, transaction_id, account_id, currency, amount_cents)
        select new_line.org_id, new_line.transaction_id, account.id, new_line.currency, new_line.amount_cents
        from new_line
        join private.ledger_accounts account
            on account.org_id = new_line.org_id
            and account.kind = new_line.account_kind
            and coalesce(account.owner_id, '00000000-0000-0000-0000-000000000000') = coalesce(new_line.owner_id, '00000000-0000-0000-0000-000000000000')
            and account.currency = new_line.currency
    )

    select count(*) into posted from new_transaction;
    return posted;
end;
$$;

-- Posts one business event once, one line an account: a second call with the same key posts nothing and returns false. The entry function for every
-- room; it stands below post_batch only because a SQL function needs what it calls to exist.
create function private.post_transaction(
    p_org_id uuid,
    p_kind text,
    p_source_type text,
    p_source_id uuid,
    p_idempotency_key text,
    p_currency text,
    p_effective_at timestamptz,
    p_postings private.posting[]
)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return private.post_batch(
        p_kind,
        p_source_type,
        p_effective_at,
        array(
            select row(
                p_org_id, p_source_id, p_idempotency_key, p_currency, posting.account_kind, posting.owner_id,
                sum(posting.amount_cents)
            )::private.keyed_posting
            from unnest(p_postings) posting
            group by posting.account_kind, posting.owner_id
        )
    ) = 1;
end;
$$;

comment on function private.post_transaction is
    'True if this call posted; false if the key was posted before or every line is zero.';

-- Runs once for each statement that inserts entries: refuses transactions that do not sum to zero, and updates the running
-- balances of owned accounts, which it locks in the order of their ids. The ids are passed as an array, so that the accounts
-- are found by their key even under a cached plan that was made for a large batch.
-- Definer: whoever posts needs no other access to the ledger.
create function private.apply_ledger_entries()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if exists (
        select from new_rows entry group by entry.transaction_id having sum(entry.amount_cents) <> 0
    ) then
        raise exception using
            errcode = 'check_violation',
            constraint = 'ledger_transaction_sums_to_zero',
            message = 'The entries of a ledger transaction must sum to zero.';
    end if;

    perform
    from private.ledger_accounts account
    where account.owner_id is not null
        and account.id = any (array(select entry.account_id from new_rows entry))
    order by account.id
    for no key update;

    update private.ledger_accounts account
    set balance_cents = account.balance_cents + change.amount_cents
    from (
        select entry.account_id, sum(entry.amount_cents) as amount_cents
        from new_rows entry
        group by entry.account_id
    ) change
    where account.id = change.account_id
        and account.id = any (array(select entry.account_id from new_rows entry))
        and account.owner_id is not null;
    return null;
end;
$$;

create trigger apply_ledger_entries
    after insert on private.ledger_entries
    referencing new table as new_rows
    for each statement execute function private.apply_ledger_entries();
