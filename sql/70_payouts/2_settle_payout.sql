-- Marks a payout paid by its transfer, and its earnings with it, and posts the money that left.
create function private.settle_payout(
    p_payout public.payouts,
    p_transfer jsonb,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    update public.payouts set status = 'pending' where id = p_payout.id and status = 'failed';
    update public.payouts
    set status = 'sending',
        leased_until = private.clock()
    where id = p_payout.id
        and status = 'pending';
    update public.payouts
    set status = 'paid',
        stripe_transfer_id = p_transfer ->> 'id',
        paid_at = p_occurred_at,
        leased_until = null,
        failure_code = null,
        failure_message = null
    where id = p_payout.id;

    update private.payout_attempts
    set status = 'succeeded',
        finished_at = private.clock(),
        error_code = null,
        error_message = null
    where payout_id = p_payout.id
        and attempt = (
            select max(made.attempt) from private.payout_attempts made where made.payout_id = p_payout.id
        );

    update public.earnings
    set status = 'paid'
    where payout_id = p_payout.id;

    perform private.post_transaction(
        'payout_paid', 'payout', p_payout.id, format('payout:%s:paid', p_payout.id),
        p_payout.currency, p_occurred_at,
        array[
            row('payout_in_transit', p_payout.payee_id, p_payout.amount_cents),
            row('stripe_balance', null, -p_payout.amount_cents)
        ]::private.posting[]
    );
end;
$$;
