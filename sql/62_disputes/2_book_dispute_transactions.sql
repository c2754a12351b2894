-- Books what Stripe took for a dispute or gave back, each of its balance transactions once: it is open against the bank until
-- the dispute ends; Stripe's fee is the platform's.
create function private.book_dispute_transactions(
    p_dispute public.disputes,
    p_transactions jsonb,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    moved private.dispute_transactions;
begin
    for moved in
        insert into private.dispute_transactions (stripe_id, dispute_id, amount_cents, fee_cents)
        select given.id, p_dispute.id, given.amount, given.fee
        from jsonb_to_recordset(p_transactions) given (id text, amount bigint, fee bigint)
        on conflict (stripe_id) do nothing
        returning *
    loop
        update public.disputes
        set withdrawn_cents = withdrawn_cents - moved.amount_cents,
            fee_cents = fee_cents + moved.fee_cents
        where id = p_dispute.id;
        perform private.post_transaction(
            'dispute_funds_moved', 'dispute', p_dispute.id, format('dispute:%s:%s', p_dispute.id, moved.stripe_id),
            p_dispute.currency, p_occurred_at,
            array[
                row('dispute_receivable', null, -moved.amount_cents),
                row('dispute_fees', null, moved.fee_cents),
                row('stripe_balance', null, moved.amount_cents - moved.fee_cents)
            ]::private.posting[]
        );
    end loop;
end;
$$;
