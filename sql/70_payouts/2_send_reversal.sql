-- Queues the command that takes a part of a payout's transfer back. Asking again while that is under way changes nothing; after
-- it was done, or Stripe refused, it is another reversal with another key.
create function private.send_reversal(p_payout public.payouts, p_amount_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    reversal_key text;
begin
    select format('payout:%s:reverse:%s:%s', p_payout.id, p_payout.reversed_cents, count(*) + 1) into reversal_key
    from private.outbox command
    where command.topic = 'reverse_transfer'
        and command.dead_at is not null
        and command.payload ->> 'payout_id' = p_payout.id::text;

    perform private.enqueue_command(
        'reverse_transfer', reversal_key,
        jsonb_build_object(
            'payout_id', p_payout.id,
            'transfer', p_payout.stripe_transfer_id,
            'amount_cents', p_amount_cents,
            'idempotency_key', reversal_key,
            'metadata', jsonb_build_object('payout_id', p_payout.id, 'reversal', reversal_key)
        ),
        format('payout:%s', p_payout.id)
    );
end;
$$;
