-- Brings a payout to what Stripe says of its transfer, from an answer, a look-up or an event. The transfer must be the one
-- that the attempt asked for; a reversal, also of a part, is owed to the payee again. As in claim_payout, rows are
-- found by their keys, whatever a plan was made for.
create function private.apply_transfer(p_transfer jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
    set enable_seqscan = off
as $$
declare
    payout public.payouts;
begin
    select * into payout
    from public.payouts
    where id = private.uuid_or_null(p_transfer -> 'metadata' ->> 'payout_id')
    for no key update;

    if not found then
        return row('parked', 'unknown_transfer')::private.stripe_outcome;
    end if;
    if payout.status in ('paid', 'reversed') and payout.stripe_transfer_id <> p_transfer ->> 'id' then
        return row('parked', 'second_transfer')::private.stripe_outcome;
    end if;
    if payout.status in ('held', 'cancelled') then
        return row('parked', 'transfer_of_a_stopped_payout')::private.stripe_outcome;
    end if;
    if not private.is_transfer_of(p_transfer, payout) then
        return row('parked', 'transfer_differs')::private.stripe_outcome;
    end if;

    if payout.status not in ('paid', 'reversed') then
        perform private.settle_payout(payout, p_transfer, p_occurred_at);
    end if;
    perform private.reverse_payout(payout.id, (p_transfer ->> 'amount_reversed')::bigint, p_occurred_at);
    return row('processed', null)::private.stripe_outcome;
end;
$$;
