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
