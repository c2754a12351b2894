-- The currencies in which what Stripe holds (p_balance, as Stripe answers) and what went to the platform's bank do not cover what is
-- owed to learners and payees, for `jobs doctor`. The platform has lost the difference, by discounts, fees and disputes, or somebody took
-- it. What is on its way is not missing. Definer: the job has no access to the tables.
create function private.find_missing_funds(p_balance jsonb)
    returns table (currency text, stripe_cents bigint, bank_cents bigint, owed_cents bigint)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    with bank as (
        select account.currency, sum(entry.amount_cents)::bigint as cents
        from private.ledger_accounts account
        join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
        where account.kind = 'platform_bank'
        group by account.currency
    ),

    compared as (
        select
            owed.currency,
            coalesce(funds.cents, 0) as stripe_cents,
            -- Negative is what the platform has put in, which Stripe holds by now.
            greatest(coalesce(bank.cents, 0), 0) as bank_cents,
            owed.cents as owed_cents
        from private.owed_in_all() owed
        left join private.stripe_funds(p_balance) funds on funds.currency = owed.currency
        left join bank on bank.currency = owed.currency
    )

    select compared.currency, compared.stripe_cents, compared.bank_cents, compared.owed_cents
    from compared
    where compared.stripe_cents + compared.bank_cents + private.on_the_way_cents(compared.currency) < compared.owed_cents
    order by compared.currency;
end;
$$;

-- What is owed in each currency: prepaid hours with their fees, what instructors have earned or will, what is being paid out, and
-- money in suspense, which may go back. What a payee owes covers nobody else's claim. What the bank of a payer has withdrawn comes back,
-- or is lost; until then it is not missing.
create function private.owed_in_all()
    returns table (currency text, cents bigint)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select owed.currency, sum(owed.cents)::bigint
    from (
        select account.currency, greatest(-account.balance_cents, 0) as cents
        from private.ledger_accounts account
        where account.kind in ('instructor_pending', 'payee_payable', 'payout_in_transit')
        union all
        select account.currency, -entry.amount_cents
        from private.ledger_accounts account
        join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
        where account.kind in ('learner_prepaid', 'deferred_fees', 'deferred_promotions', 'suspense', 'dispute_receivable')
    ) owed
    group by owed.currency;
$$;
