-- Gives a payout up: one that was not sent returns its earnings to the balance at once; one that was sent is first taken back
-- at Stripe, and returns what comes back. Definer: payouts change only through functions.
create function private.admin_cancel_payout(p_payout_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payout public.payouts := private.require_payout(p_payout_id, p_reason);
begin
    if payout.status = 'paid' then
        perform private.enqueue_command(
            'reverse_transfer', format('payout:%s:reverse', payout.id),
            jsonb_build_object(
                'payout_id', payout.id,
                'transfer', payout.stripe_transfer_id,
                'amount_cents', payout.amount_cents - payout.reversed_cents,
                'idempotency_key', format('payout:%s:reverse', payout.id),
                'metadata', jsonb_build_object('payout_id', payout.id)
            )
        );
    elsif payout.status in ('pending', 'held', 'failed') then
        perform private.cancel_payout(payout);
    else
        perform private.refuse_payout_step(payout, 'One that is being sent or unknown is looked up first: run the payout job.');
    end if;
end;
$$;
