-- From when on a run lists Stripe's balance transactions: two days before the last completed run began, since Stripe's lists lag behind;
-- null if there was none, and all are listed. Definer: the job has no access to the tables.
create function private.balance_transactions_listed_until()
    returns timestamptz
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select max(run.listed_until) - interval '2 days' from private.reconciliation_runs run;
$$;

-- Copies a page of Stripe's balance transactions, whose sources are expanded; those that are known are skipped. Returns how many are
-- new. Of the sources only ids are kept; what moves another balance than that of payments is none of the ledger's.
-- Definer: the job has no access to the tables.
create function private.record_balance_transactions(p_balance_transactions jsonb)
    returns integer
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    new_count integer;
begin
    with told as (
        select
            read.*,
            private.expandable_id(read.source) as source_id,
            case
                when jsonb_typeof(read.source) = 'object' then private.expandable_id(read.source -> 'transfer')
            end as parent_id
        from jsonb_to_recordset(p_balance_transactions) read (
            id text, type text, reporting_category text, source jsonb, balance_type text, currency text, amount bigint, fee bigint,
            net bigint, fee_details jsonb, exchange_rate numeric, created bigint, available_on bigint
        )
    ),

    given as (
        select
            told.*,
            private.balance_transaction_key(told.reporting_category, told.id, told.source_id, told.parent_id) as object_key
        from told
    ),

    recorded as (
        insert into private.balance_transactions (
            id, type, reporting_category, source_id, parent_id, object_key, is_known_category, balance_type, currency, amount_cents,
            fee_cents, net_cents, fee_details, exchange_rate, occurred_at, booked_at, available_at, matched_at
        )
        select
            given.id, given.type, given.reporting_category, given.source_id, given.parent_id,
            coalesce(given.object_key, given.id), given.object_key is not null,
            coalesce(given.balance_type, 'payments'), lower(given.currency), given.amount, given.fee, given.net,
            coalesce(given.fee_details, '[]'), given.exchange_rate, to_timestamp(given.created),
            greatest(
                to_timestamp(given.created),
                private.posting_month(to_timestamp(given.created))::timestamp at time zone 'UTC'
            ),
            to_timestamp(given.available_on),
            case when given.balance_type <> 'payments' then private.clock() end
        from given
        order by given.id
        on conflict (id) do nothing
        returning id
    )

    select count(*) into new_count from recorded;
    return new_count;
end;
$$;
