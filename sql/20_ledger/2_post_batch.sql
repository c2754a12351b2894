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
