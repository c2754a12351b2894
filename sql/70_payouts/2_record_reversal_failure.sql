-- Takes the news that Stripe refused to take a payout's transfer back, for good: the admins are told, and may cancel again.
-- Definer: the jobs have no access to the tables.
create function private.record_reversal_failure(p_payout_id uuid, p_code text, p_message text)
    returns void
    language sql
    volatile
    security definer
    set search_path = ''
as $$
    select private.raise_alert(
        payout.org_id, null, 'reversal_refused',
        left(format('Stripe did not take a cancelled payout back (%s): %s', p_code, p_message), 1000),
        'payouts', payout.id, format('payout:%s:reversal_refused:%s', payout.id, private.clock())
    )
    from public.payouts payout
    where payout.id = p_payout_id;
$$;
