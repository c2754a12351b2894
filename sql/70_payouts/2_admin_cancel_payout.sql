-- Gives a payout up: one that was not sent returns its earnings to the balance at once; one that was sent is first taken back
-- at Stripe, and returns what comes back. Asking again while that is under way changes nothing; after Stripe refused, it is
-- another try with another key. Definer: payouts change only through functions.
create function private.admin_cancel_payout(p_payout_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payout public.payouts := private.require_payout(p_payout_id, p_reason);
    reversal_key text;
begin
    if payout.status = 'paid' then
        select format('payout:%s:reverse:%s', payout.id, count(*) + 1) into reversal_key
        from private.outbox command
        where command.topic = 'reverse_transfer'
            and command.processed_at is null
            and command.dead_at is not null
            and command.payload ->> 'payout_id' = payout.id::text;

        perform private.enqueue_command(
            'reverse_transfer', reversal_key,
            jsonb_build_object(
                'payout_id', payout.id,
                'transfer', payout.stripe_transfer_id,
                'amount_cents', payout.amount_cents - payout.reversed_cents,
                'idempotency_key', reversal_key,
                'metadata', jsonb_build_object('payout_id', payout.id, 'reversal', reversal_key)
            ),
            format('payout:%s', payout.id)
        );
    elsif payout.status in ('pending', 'held', 'failed') then
        perform private.cancel_payout(payout);
    else
        perform private.refuse_payout_step(payout, 'One that is being sent or unknown is looked up first: run the payout job.');
    end if;
end;
$$;
