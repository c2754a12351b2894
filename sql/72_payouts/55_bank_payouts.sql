-- Mirrors a payout of Stripe from a connected account to its bank, from a webhook. Events may arrive in any order: the status moves
-- only forward (a paid one can still fail), and within a status the latest event counts. A failure alerts the payee and the
-- admins; nothing is paid again, since the money is back in the connected account.
create function private.apply_bank_payout(p_payout jsonb, p_account_id text, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.bank_payout_status := replace(p_payout ->> 'status', 'canceled', 'cancelled');
    known constant private.stripe_objects := private.stripe_row('stripe_connect_accounts', p_account_id);
    account public.stripe_connect_accounts;
    mirrored public.bank_payouts;
begin
    select * into account from public.stripe_connect_accounts where org_id = known.org_id and id = known.row_id;
    if not found then
        return row('parked', 'unknown_account')::private.stripe_outcome;
    end if;

    insert into public.bank_payouts as earlier (
        org_id, connect_account_id, instructor_id, stripe_payout_id, currency, amount_cents, status, arrival_on,
        failure_code, failure_message, last_event_at
    )
    values (
        account.org_id, account.id, account.instructor_id, p_payout ->> 'id', p_payout ->> 'currency',
        (p_payout ->> 'amount')::bigint, new_status, to_timestamp((p_payout ->> 'arrival_date')::bigint)::date,
        p_payout ->> 'failure_code', left(p_payout ->> 'failure_message', 500), p_occurred_at
    )
    on conflict (stripe_payout_id, org_id) do update
        set status = excluded.status,
            arrival_on = excluded.arrival_on,
            failure_code = excluded.failure_code,
            failure_message = excluded.failure_message,
            last_event_at = excluded.last_event_at
        where (excluded.status, excluded.last_event_at) > (earlier.status, earlier.last_event_at)
    returning * into mirrored;

    if not found then
        return row('processed', 'late')::private.stripe_outcome;
    end if;
    if mirrored.status = 'failed' then
        perform private.raise_alert(
            mirrored.org_id, mirrored.instructor_id, 'bank_payout_failed',
            'Your bank returned a payout. The money is in your Stripe account: correct the bank details there.',
            'bank_payouts', mirrored.id, format('bank_payout:%s:failed', mirrored.id)
        );
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;
