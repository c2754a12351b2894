-- Is this the transfer that one of the payout's attempts asked for?
create function private.is_transfer_of(p_transfer jsonb, p_payout public.payouts)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select exists (
        select
        from private.payout_attempts made
        where made.payout_id = p_payout.id
            and made.amount_cents = (p_transfer ->> 'amount')::bigint
            and made.currency = p_transfer ->> 'currency'
            and made.destination = private.expandable_id(p_transfer -> 'destination')
    );
$$;
