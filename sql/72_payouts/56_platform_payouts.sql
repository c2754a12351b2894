-- Posts the platform's own payouts from its Stripe balance to its bank, and its top-ups from there, under the platform's organization.
-- 85_webhooks hands in their events. Each step is posted once under Stripe's id, so events may arrive in any order.

-- A payout leaves the balance when it is made, whatever its status is by now; one that failed or was cancelled has come back. Of a
-- payout that Stripe debits from the bank to cover a negative balance, the amount is negative.
create function private.apply_platform_payout(p_payout jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.post_bank_transfer('platform_payout', 'sent', p_payout, 1, p_occurred_at);
    if p_payout ->> 'status' in ('failed', 'canceled') then
        perform private.post_bank_transfer('platform_payout', 'returned', p_payout, -1, p_occurred_at);
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- A top-up reaches the balance when it succeeds, and leaves it again if the bank reverses it.
create function private.apply_top_up(p_top_up jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_top_up ->> 'status' in ('succeeded', 'reversed') then
        perform private.post_bank_transfer('top_up', 'succeeded', p_top_up, -1, p_occurred_at);
    end if;
    if p_top_up ->> 'status' = 'reversed' then
        perform private.post_bank_transfer('top_up', 'reversed', p_top_up, 1, p_occurred_at);
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Posts money that moved from Stripe to the platform's bank (p_sign 1) or from there to Stripe (-1), once for each object and step.
create function private.post_bank_transfer(
    p_source_type text,
    p_step text,
    p_object jsonb,
    p_sign integer,
    p_occurred_at timestamptz
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.post_transaction(
        private.platform_id(), format('%s_%s', p_source_type, p_step), p_source_type, null,
        format('%s:%s:%s', p_source_type, p_object ->> 'id', p_step),
        lower(p_object ->> 'currency'), p_occurred_at,
        array[
            row('platform_bank', null, p_sign * (p_object ->> 'amount')::bigint),
            row('stripe_balance', null, -p_sign * (p_object ->> 'amount')::bigint)
        ]::private.posting[]
    );
$$;
