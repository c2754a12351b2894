-- Refuses to give back more of a payment than is left of it: the caller holds its lock.
create function private.require_refundable(p_payment public.payments, p_amount_cents bigint)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    perform private.require_undisputed(p_payment);
    if p_amount_cents > private.refundable_cents(p_payment) then
        perform private.refuse(
            'PT409', 'refund_exceeds_payment',
            format('Only %s of this payment can be refunded, in the minor unit.', private.refundable_cents(p_payment)),
            'Send a smaller amount.'
        );
    end if;
end;
$$;
