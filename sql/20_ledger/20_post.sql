-- Posts any number of business events of one kind in one statement each for transactions, accounts and entries. An event
-- whose key was posted before is left out, and so are lines of zero. Returns how many transactions are new.
-- Rows are inserted in the order of their keys, so that overlapping batches wait for each other and cannot deadlock.
-- The owner of accounts that are nobody's is spelled out as in one_account_a_kind_owner_and_currency: a plan for any values
-- cannot match a variable with the index. Lines find their transaction before their account: kinds and owners depend on each
-- other, which the planner does not know, so that it expects one line to have an account and would compare each with all.
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
    set search_path = ''
as $$
declare
    posted integer;
begin
    insert into private.ledger_accounts (kind, owner_id, currency, balance_cents)
    select distinct
        posting.account_kind,
        posting.owner_id,
        posting.currency,
        case when posting.owner_id is not null then 0 end
    from unnest(p_postings) posting
    where posting.amount_cents <> 0
        and not exists (
            select
            from private.ledger_accounts account
            where account.kind = posting.account_kind
                and coalesce(account.owner_id, '00000000-0000-0000-0000-000000000000') = coalesce(posting.owner_id, '00000000-0000-0000-0000-000000000000')
                and account.currency = posting.currency
        )
    order by posting.account_kind, posting.owner_id, posting.currency
    on conflict do nothing;

    with new_transaction as (
        insert into private.ledger_transactions (kind, source_type, source_id, idempotency_key, currency, effective_at)
        select distinct
            p_kind, p_source_type, posting.source_id, posting.idempotency_key, posting.currency, p_effective_at
        from unnest(p_postings) posting
        where posting.amount_cents <> 0
        order by posting.idempotency_key
        on conflict (idempotency_key) do nothing
        returning id, idempotency_key
    ),

    new_line as materialized (
        select
            new_transaction.id as transaction_id, posting.account_kind, posting.owner_id, posting.currency,
            posting.amount_cents
        from unnest(p_postings) posting
        join new_transaction on new_transaction.idempotency_key = posting.idempotency_key
        where posting.amount_cents <> 0
    ),

    new_entry as (
        insert into private.ledger_entries (transaction_id, account_id, currency, amount_cents)
        select new_line.transaction_id, account.id, new_line.currency, new_line.amount_cents
        from new_line
        join private.ledger_accounts account
            on account.kind = new_line.account_kind
            and coalesce(account.owner_id, '00000000-0000-0000-0000-000000000000') = coalesce(new_line.owner_id, '00000000-0000-0000-0000-000000000000')
            and account.currency = new_line.currency
    )

    select count(*) into posted from new_transaction;
    return posted;
end;
$$;

-- Posts one business event to the ledger, once: the second call with the same key posts nothing and returns false.
create function private.post_transaction(
    p_kind text,
    p_source_type text,
    p_source_id uuid,
    p_idempotency_key text,
    p_currency text,
    p_effective_at timestamptz,
    p_postings private.posting[]
)
    returns boolean
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    select private.post_batch(
        p_kind,
        p_source_type,
        p_effective_at,
        array(
            select row(
                p_source_id, p_idempotency_key, p_currency, posting.account_kind, posting.owner_id, posting.amount_cents
            )::private.keyed_posting
            from unnest(p_postings) posting
        )
    ) = 1;
$$;

comment on function private.post_transaction is
    'Returns true if this call posted, false if the key was posted before or every line is zero.';

-- Runs once for each insert into the entries: refuses a transaction that does not sum to zero, and moves the running
-- balances of owned accounts, locking them in the order of their ids. The ids come as an array, so that accounts are found by
-- their key whatever the plan was made for: one made for a large batch is kept, and would read them all for a small one.
-- Definer: whoever posts needs no other access to the ledger.
create function private.apply_ledger_entries()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
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
    set balance_cents = account.balance_cents + moved.amount_cents
    from (
        select entry.account_id, sum(entry.amount_cents) as amount_cents
        from new_rows entry
        group by entry.account_id
    ) moved
    where account.id = moved.account_id
        and account.id = any (array(select entry.account_id from new_rows entry))
        and account.owner_id is not null;
    return null;
end;
$$;

create trigger apply_ledger_entries
    after insert on private.ledger_entries
    referencing new table as new_rows
    for each statement execute function private.apply_ledger_entries();
