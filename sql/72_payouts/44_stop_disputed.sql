-- Stops a payout that is not sent yet because the payer's bank has disputed earnings in it since it was created. If all of its
-- earnings are disputed it is held; otherwise it is cancelled, so that the next run pays the others. claim_payout calls it.
create function private.stop_disputed_payout(p_payout public.payouts)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if exists (
        select
        from public.earnings earning
        where earning.org_id = p_payout.org_id
            and earning.payout_id = p_payout.id
            and not private.is_earning_disputed(earning)
    ) then
        perform private.cancel_payout(p_payout);
        perform private.raise_alert(
            p_payout.org_id, p_payout.instructor_id, 'payout_cancelled',
            'A payer''s bank disputes a part of a payout, so it was not sent. The rest of it will be in your next payout.',
            'payouts', p_payout.id, format('payout:%s:disputed', p_payout.id)
        );
    else
        perform private.hold_payout(
            p_payout, 'payment_disputed', 'The payer''s bank disputes the payment. It is decided again when the dispute has ended.'
        );
    end if;
end;
$$;

-- Has the payer's bank disputed any earning in a payout?
create function private.has_disputed_earnings(p_payout public.payouts)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from public.earnings earning
        where earning.org_id = p_payout.org_id
            and earning.payout_id = p_payout.id
            and private.is_earning_disputed(earning)
    );
end;
$$;

-- Cancels the payouts that were held because all of their earnings were disputed, once a dispute has ended: the next run pays what is
-- due by then. 82_effects calls it.
create function private.cancel_undisputed_payouts(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.cancel_payout(held)
    from public.payouts held
    where held.status = 'held'
        and held.failure_code = 'payment_disputed'
        and held.org_id = p_payment.org_id
        and exists (
            select
            from public.earnings earning
            where earning.org_id = held.org_id
                and earning.payout_id = held.id
                and (
                    earning.payment_id = p_payment.id
                    or earning.item_id in (select paid.item_id from private.item_payments paid where paid.payment_id = p_payment.id)
                )
                and not private.is_earning_disputed(earning)
        );
end;
$$;
