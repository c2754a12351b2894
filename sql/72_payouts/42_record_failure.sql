-- Records that an attempt made no transfer, or that its outcome is unknown, and returns the payout's status. p_outcome is refused:
-- Stripe rejected it; unknown: the transfer may exist, so the next worker looks it up; or not_sent: the call never reached Stripe.
-- A refusal that the account causes holds the payout. Ignored from a worker that no longer holds the attempt, and for a payout
-- that is no longer being sent. Sequential scans are off as in claim_payout. Definer: the job has no access to the tables.
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
    set search_path = '', pg_temp
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
    where org_id = payout.org_id
        and payout_id = p_payout_id
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

    if p_outcome = 'refused' and private.is_refusal_of_destination(p_code) then
        perform private.hold_payout(payout, p_code, 'Stripe cannot pay this account: ' || p_message);
        return 'held';
    end if;
    return payout.status;
end;
$$;

-- Holds a payout for this reason and alerts the payee. A platform admin releases or cancels it later.
create function private.hold_payout(p_payout public.payouts, p_code text, p_message text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.payouts set status = 'pending' where id = p_payout.id and status in ('failed', 'unknown');
    update public.payouts
    set status = 'held',
        failure_code = p_code,
        failure_message = left(p_message, 500)
    where org_id = p_payout.org_id
        and id = p_payout.id;

    perform private.raise_alert(
        p_payout.org_id, p_payout.instructor_id, 'payout_held',
        'Your payout is on hold. ' || left(p_message, 500),
        'payouts', p_payout.id, format('payout:%s:held:%s', p_payout.id, p_code)
    );
end;
$$;
