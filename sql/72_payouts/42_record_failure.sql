-- Takes the news that a transfer was not made, or that nobody knows. refused: Stripe said no, for good; unknown: it may have
-- been made, so only a look-up decides; not_sent: it never reached Stripe. A destination that cannot be paid is held. Only the
-- worker that holds the try is listened to: one that was overtaken, and news of a payout that was settled meanwhile, change
-- nothing. Returns the payout's status. As in claim_payout, rows are found by their keys.
-- Definer: the jobs have no access to the tables.
create function private.record_transfer_failure(
    p_payout_id uuid,
    p_attempt integer,
    p_worker_id uuid,
    p_outcome text,
    p_code text,
    p_message text
)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = ''
    set enable_seqscan = off
as $$
declare
    payout public.payouts;
begin
    select * into payout from public.payouts where id = p_payout_id for no key update;

    update private.payout_attempts
    set status = p_outcome::private.attempt_status,
        finished_at = private.clock(),
        error_code = left(p_code, 100),
        error_message = left(p_message, 500)
    where payout_id = p_payout_id
        and attempt = p_attempt
        and worker_id = p_worker_id
        and status = 'sending';
    if not found or payout.status <> 'sending' then
        return payout.status;
    end if;

    update public.payouts
    set status = case p_outcome when 'refused' then 'failed' when 'unknown' then 'unknown' else 'pending' end::public.payout_status,
        leased_until = null,
        failure_code = left(p_code, 100),
        failure_message = left(p_message, 500)
    where id = p_payout_id
    returning * into payout;

    if p_outcome = 'refused' and private.is_final_refusal(p_code) then
        perform private.hold_payout(payout, p_code, 'Stripe cannot pay this account: ' || p_message);
        return 'held';
    end if;
    return payout.status;
end;
$$;

-- Does this refusal say that the destination cannot be paid until somebody changes it? Anything else is tried again.
create function private.is_final_refusal(p_code text)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select p_code in (
        'insufficient_capabilities_for_transfer',
        'transfers_not_allowed',
        'account_invalid',
        'account_closed',
        'no_account',
        'resource_missing',
        'account_country_invalid_address'
    );
$$;

-- Holds a payout back, with a reason, and tells the payee; it can be released or cancelled later.
create function private.hold_payout(p_payout public.payouts, p_code text, p_message text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    update public.payouts set status = 'pending' where id = p_payout.id and status in ('failed', 'unknown');
    update public.payouts
    set status = 'held',
        failure_code = p_code,
        failure_message = left(p_message, 500)
    where id = p_payout.id;

    perform private.raise_alert(
        p_payout.org_id, p_payout.instructor_id, 'payout_held',
        'Your payout waits. ' || left(p_message, 500),
        'payouts', p_payout.id, format('payout:%s:held:%s', p_payout.id, p_code)
    );
end;
$$;
