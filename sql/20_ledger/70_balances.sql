create function private.account_balance_cents(
    p_kind private.ledger_account_kind,
    p_owner_id uuid,
    p_currency text
)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select coalesce(sum(entry.amount_cents), 0)::bigint
    from private.ledger_accounts account
    join private.ledger_entries entry on entry.account_id = account.id
    where account.kind = p_kind
        and coalesce(account.owner_id, '00000000-0000-0000-0000-000000000000') = coalesce(p_owner_id, '00000000-0000-0000-0000-000000000000')
        and account.currency = p_currency;
$$;

comment on function private.account_balance_cents is 'Sum of an account''s entries: negative where the platform owes.';
