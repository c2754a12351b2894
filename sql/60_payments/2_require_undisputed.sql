-- Refuses to give back anything of a payment while its payer's bank disputes it.
create function private.require_undisputed(p_payment public.payments)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if p_payment.is_disputed then
        perform private.refuse(
            'PT409', 'payment_disputed',
            'The payer''s bank disputes this payment, so it cannot be refunded now.',
            'Wait for the dispute''s end.'
        );
    end if;
end;
$$;
