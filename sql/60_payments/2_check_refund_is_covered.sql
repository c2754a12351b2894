-- Lets no refund of ours exceed what was captured and is neither refunded, on its way back nor disputed, whoever writes it. One
-- made at Stripe is a fact. Definer: the writer needs no access to payments.
create function private.check_refund_is_covered()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    payment public.payments;
begin
    select * into strict payment from public.payments where id = new.payment_id for no key update;
    if payment.is_disputed then
        perform private.refuse(
            'PT409', 'payment_disputed',
            'The payer''s bank disputes this payment, so it cannot be refunded now.',
            'Wait for the dispute''s end.'
        );
    end if;
    if new.amount_cents > private.refundable_cents(payment) then
        perform private.refuse(
            'PT409', 'refund_exceeds_payment',
            format('Only %s of this payment can be refunded, in the minor unit.', private.refundable_cents(payment)),
            'Send a smaller amount.'
        );
    end if;
    return new;
end;
$$;
