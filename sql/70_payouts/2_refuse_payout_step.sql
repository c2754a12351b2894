create function private.refuse_payout_step(p_payout public.payouts, p_hint text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    perform private.refuse(
        'PT409', 'payout_cannot_do_that',
        format('This payout is %s.', p_payout.status),
        p_hint
    );
end;
$$;
