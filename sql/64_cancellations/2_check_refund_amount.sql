-- Refuses to refund what is not there: the caller holds the payment's lock.
create function private.check_refund_amount(p_payment public.payments, p_amount_cents bigint)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if coalesce(p_amount_cents, 0) < 1 then
        perform private.refuse(
            'PT422', 'bad_amount',
            'A refund is of at least 1, in the minor unit.',
            'Send a positive whole number.'
        );
    end if;
    if p_payment.kind = 'credits' then
        perform private.refuse(
            'PT409', 'refund_by_minutes',
            'Prepaid hours are refunded by the minute.',
            'Call refund_credits.'
        );
    end if;
    if p_payment.is_disputed then
        perform private.refuse(
            'PT409', 'payment_disputed',
            'The payer''s bank disputes this payment, so it cannot be refunded now.',
            'Wait for the dispute''s end.'
        );
    end if;
    if p_amount_cents > private.refundable_cents(p_payment) then
        perform private.refuse(
            'PT409', 'refund_exceeds_payment',
            format('Only %s of this payment can be refunded, in the minor unit.', private.refundable_cents(p_payment)),
            'Send a smaller amount.'
        );
    end if;
end;
$$;
