-- Records the transfer that Stripe has made for a payout, or that a look-up has found, and returns the payout's status: paid, or
-- reversed if all of it was reversed since. Definer: the job has no access to the tables.
create function private.record_transfer(p_payout_id uuid, p_attempt integer, p_transfer jsonb)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    outcome private.stripe_outcome;
begin
    if private.uuid_or_null(p_transfer -> 'metadata' ->> 'payout_id') is distinct from p_payout_id then
        perform private.refuse(
            'PT422', 'wrong_transfer',
            'The metadata of that transfer name another payout.',
            'Record the transfer whose metadata name this payout.'
        );
    end if;

    outcome := private.apply_transfer(p_transfer, private.clock());
    if outcome.status <> 'processed' then
        perform private.refuse(
            'PT409', outcome.note,
            format('That transfer cannot be recorded for attempt %s of this payout.', p_attempt),
            'Compare the payout and its attempts with the transfer at Stripe before anything else is sent.'
        );
    end if;
    return (select payout.status from public.payouts payout where payout.id = p_payout_id);
end;
$$;

-- Applies a transfer as Stripe describes it, in an answer, a look-up, a list or an event: the payout whose id it bears is paid,
-- whether or not the books remember the attempt (a restored database forgets attempts), and what was reversed of the transfer is owed to
-- the payee again. Parked are a second transfer, one of a payout that was cancelled, one to somebody else than the payee, and one
-- whose amount differs while an attempt of the payout is in doubt. Sequential scans are off as in claim_payout.
create function private.apply_transfer(p_transfer jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
    set enable_seqscan = off
as $$
declare
    payout public.payouts;
begin
    if private.is_adopted_transfer(p_transfer) then
        perform private.post_adopted_reversal(p_transfer, p_occurred_at);
        return row('processed', null)::private.stripe_outcome;
    end if;
    select * into payout
    from public.payouts
    where id = coalesce(
            (private.stripe_row('payouts', p_transfer ->> 'id')).row_id,
            private.uuid_or_null(p_transfer -> 'metadata' ->> 'payout_id')
        )
    for no key update;

    if not found and not private.bears_our_metadata(p_transfer) then
        return row('ignored', 'not_ours')::private.stripe_outcome;
    elsif not found then
        return row('parked', 'unknown_transfer')::private.stripe_outcome;
    end if;
    if payout.status in ('paid', 'reversed') and payout.stripe_transfer_id <> p_transfer ->> 'id' then
        return row('parked', 'second_transfer')::private.stripe_outcome;
    end if;
    if payout.status = 'cancelled' then
        return row('parked', 'transfer_of_a_stopped_payout')::private.stripe_outcome;
    end if;

    if payout.status not in ('paid', 'reversed') then
        if not private.is_transfer_of(p_transfer, payout) then
            return row('parked', 'transfer_differs')::private.stripe_outcome;
        end if;
        payout := private.correct_payout_amount(payout, (p_transfer ->> 'amount')::bigint, p_occurred_at);
        perform private.mark_payout_paid(payout, p_transfer, p_occurred_at);
    end if;
    perform private.post_payout_reversal(payout.id, (p_transfer ->> 'amount_reversed')::bigint, p_occurred_at);
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Can this transfer pay a payout: in its currency, to an account of its payee, and of its amount? Another amount is possible only if
-- no attempt is in doubt: then the books do not remember what they had decided when the transfer was made.
create function private.is_transfer_of(p_transfer jsonb, p_payout public.payouts)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(
        p_transfer ->> 'currency' = p_payout.currency
        and (p_transfer ->> 'amount')::bigint > 0
        and exists (
            select
            from public.stripe_connect_accounts account
            where account.id = (private.stripe_row('stripe_connect_accounts', private.expandable_id(p_transfer -> 'destination'))).row_id
                and account.org_id = p_payout.org_id
                and coalesce(account.instructor_id, account.org_id) = p_payout.payee_id
        )
        and (
            (p_transfer ->> 'amount')::bigint = p_payout.amount_cents
            or not exists (
                select
                from private.payout_attempts tried
                where tried.org_id = p_payout.org_id
                    and tried.payout_id = p_payout.id
                    and tried.status in ('sending', 'unknown')
            )
        ),
        false
    );
end;
$$;

-- Marks a payout, its earnings and its last attempt as paid by this transfer, and posts that the money has left Stripe's balance.
-- The transfer may be found while the payout is pending, failed or held here; it goes through sending, as the transitions ask.
create function private.mark_payout_paid(
    p_payout public.payouts,
    p_transfer jsonb,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.payouts
    set status = 'pending'
    where org_id = p_payout.org_id
        and id = p_payout.id
        and status in ('failed', 'held');
    update public.payouts
    set status = 'sending',
        leased_until = private.clock()
    where org_id = p_payout.org_id
        and id = p_payout.id
        and status = 'pending';
    update public.payouts
    set status = 'paid',
        stripe_transfer_id = p_transfer ->> 'id',
        paid_at = p_occurred_at,
        leased_until = null,
        failure_code = null,
        failure_message = null
    where org_id = p_payout.org_id
        and id = p_payout.id;

    update private.payout_attempts
    set status = 'succeeded',
        finished_at = private.clock(),
        error_code = null,
        error_message = null
    where org_id = p_payout.org_id
        and payout_id = p_payout.id
        and attempt = (
            select max(tried.attempt)
            from private.payout_attempts tried
            where tried.org_id = p_payout.org_id
                and tried.payout_id = p_payout.id
        );

    update public.earnings
    set status = 'paid'
    where org_id = p_payout.org_id
        and payout_id = p_payout.id;

    perform private.post_transaction(
        p_payout.org_id, 'payout_paid', 'payout', p_payout.id, format('payout:%s:paid', p_payout.id),
        p_payout.currency, p_occurred_at,
        array[
            row('payout_in_transit', p_payout.payee_id, p_payout.amount_cents),
            row('stripe_balance', null, -p_payout.amount_cents)
        ]::private.posting[]
    );
end;
$$;
