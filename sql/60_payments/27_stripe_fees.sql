-- Stripe's fees that belong to no object of ours, such as those of Connect, Radar or currency conversion: posted to the platform's
-- organization, to the day on which Stripe took them.

-- Queues a command for every day (UTC) of the last week that has ended and whose fees were not fetched yet, once there are payments at
-- Stripe; returns how many. Called by jobs maintain.
create function private.enqueue_stripe_fees()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    today constant timestamptz := date_trunc('day', private.clock() - interval '1 hour', 'UTC');
    day record;
    queued_count integer := 0;
begin
    for day in
        select ended.from_at, format('stripe_fees:%s', to_char(ended.from_at at time zone 'UTC', 'YYYY-MM-DD')) as key
        from generate_series(today - interval '7 days', today - interval '1 day', interval '1 day') ended (from_at)
        where exists (
            select
            from public.payments payment
            where payment.stripe_payment_intent_id is not null
                and payment.created_at < ended.from_at + interval '1 day'
        )
    loop
        continue when exists (
            select
            from private.outbox command
            where command.org_id = private.platform_id()
                and command.idempotency_key = day.key
        );
        perform private.enqueue_command(
            private.platform_id(), 'fetch_stripe_fees', day.key,
            jsonb_build_object(
                'from', extract(epoch from day.from_at)::bigint,
                'until', extract(epoch from day.from_at + interval '1 day')::bigint,
                'types', jsonb_build_array('stripe_fee', 'stripe_fx_fee', 'tax_fee', 'network_cost')
            )
        );
        queued_count := queued_count + 1;
    end loop;
    return queued_count;
end;
$$;

-- Posts such fees, each balance transaction once. The jobs call it.
-- Definer: the jobs have no access to the ledger.
create function private.record_stripe_fees(p_balance_transactions jsonb)
    returns void
    language sql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
    select private.post_transaction(
        private.platform_id(), 'stripe_fee', 'balance_transaction', null, format('balance_transaction:%s', fee.id),
        fee.currency, to_timestamp(fee.created),
        array[
            row('processor_fees', null, -fee.net),
            row('stripe_balance', null, fee.net)
        ]::private.posting[]
    )
    from jsonb_to_recordset(p_balance_transactions) fee (id text, currency text, net bigint, created bigint)
    order by fee.id;
$$;
