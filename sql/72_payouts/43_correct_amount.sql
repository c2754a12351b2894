-- Brings a payout to the amount that Stripe has transferred for it, if that is another one, and returns it: a restored database may have
-- forgotten, or not known yet, a part of what was paid. The difference becomes an adjustment among the payout's items, and its
-- opposite one that is available at once, so that the next payouts even it out. apply_transfer calls it.
create function private.correct_payout_amount(p_payout public.payouts, p_amount_cents bigint, p_occurred_at timestamptz)
    returns public.payouts
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    more_cents constant bigint := p_amount_cents - p_payout.amount_cents;
    payout public.payouts;
begin
    if more_cents = 0 then
        return p_payout;
    end if;

    update public.payouts
    set amount_cents = p_amount_cents
    where org_id = p_payout.org_id
        and id = p_payout.id
    returning * into payout;

    with adjustment as (
        insert into public.earnings (
            org_id, instructor_id, payee_id, kind, currency, amount_cents, available_at, status, payout_id
        )
        select
            payout.org_id, private.instructor_of_payout(payout), payout.payee_id, 'adjustment', payout.currency,
            part.amount_cents, least(p_occurred_at, private.clock()), 'available', part.payout_id
        from (values (more_cents, payout.id), (-more_cents, null)) part (amount_cents, payout_id)
        returning id, instructor_id, amount_cents, payout_id
    )

    insert into public.payout_items (payout_id, earning_id, org_id, instructor_id, amount_cents)
    select adjustment.payout_id, adjustment.id, payout.org_id, adjustment.instructor_id, adjustment.amount_cents
    from adjustment
    where adjustment.payout_id is not null;

    perform private.post_transaction(
        payout.org_id, 'payout_corrected', 'payout', payout.id, format('payout:%s:corrected', payout.id),
        payout.currency, p_occurred_at,
        array[
            row('payee_payable', payout.payee_id, more_cents),
            row('payout_in_transit', payout.payee_id, -more_cents)
        ]::private.posting[]
    );
    perform private.raise_alert(
        payout.org_id, payout.instructor_id, 'payout_corrected',
        'A payout was sent with another amount than the books had for it. Your next payout evens out the difference.',
        'payouts', payout.id, format('payout:%s:corrected', payout.id)
    );
    return payout;
end;
$$;

-- Whose work a payout paid most for: adjustments of the payout are the lines of that instructor.
create function private.instructor_of_payout(p_payout public.payouts)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select item.instructor_id
    from public.payout_items item
    where item.org_id = p_payout.org_id
        and item.payout_id = p_payout.id
    order by item.amount_cents desc, item.earning_id
    limit 1;
$$;
