-- Cancels a payout that never reached Stripe: what it held is owed again and joins the next payout.
create function private.cancel_payout(p_payout public.payouts)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    update public.payouts set status = 'cancelled' where id = p_payout.id;
    update public.earnings set payout_id = null where payout_id = p_payout.id;

    perform private.post_transaction(
        'payout_cancelled', 'payout', p_payout.id, format('payout:%s:cancelled', p_payout.id),
        p_payout.currency, private.clock(),
        array[
            row('payout_in_transit', p_payout.payee_id, p_payout.amount_cents),
            row('payee_payable', p_payout.payee_id, -p_payout.amount_cents)
        ]::private.posting[]
    );
end;
$$;
