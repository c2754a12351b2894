-- Books what came back of a payout's transfer since the last time: it is owed to the payee again, as an earning that is
-- available at once. p_reversed_cents is Stripe's running total, so repeated and late news change nothing.
create function private.reverse_payout(
    p_payout_id uuid,
    p_reversed_cents bigint,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    payout public.payouts;
    part_cents bigint;
begin
    select * into strict payout from public.payouts where id = p_payout_id;
    part_cents := p_reversed_cents - payout.reversed_cents;
    if coalesce(part_cents, 0) <= 0 then
        return;
    end if;

    update public.payouts
    set reversed_cents = p_reversed_cents,
        status = case when p_reversed_cents = amount_cents then 'reversed' else status end
    where id = p_payout_id;

    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, reversed_payout_id, currency, amount_cents, available_at, status
    )
    select
        payout.org_id, item.instructor_id, payout.payee_id, 'adjustment', payout.id,
        payout.currency, part_cents, least(p_occurred_at, private.clock()), 'available'
    from public.payout_items item
    where item.payout_id = payout.id
    order by item.amount_cents desc, item.earning_id
    limit 1;

    perform private.post_transaction(
        'payout_reversed', 'payout', payout.id, format('payout:%s:reversed:%s', payout.id, p_reversed_cents),
        payout.currency, p_occurred_at,
        array[
            row('stripe_balance', null, part_cents),
            row('payee_payable', payout.payee_id, -part_cents)
        ]::private.posting[]
    );

    perform private.raise_alert(
        payout.org_id, payout.instructor_id, 'payout_reversed',
        'A payout came back, in whole or in part. What came back is in the next payout.',
        'payouts', payout.id, format('payout:%s:reversed:%s', payout.id, p_reversed_cents)
    );
end;
$$;
