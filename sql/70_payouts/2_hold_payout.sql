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
