create function private.check_minutes_can_be_refunded(
    p_payment public.payments,
    p_credit public.learner_credits,
    p_minutes integer
)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if p_minutes < 1 then
        perform private.refuse(
            'PT422', 'bad_minutes',
            'At least one minute can be refunded.',
            'Send a positive whole number, or null for all that are left.'
        );
    end if;
    if p_payment.is_disputed then
        perform private.refuse(
            'PT409', 'payment_disputed',
            'The payer''s bank disputes this payment, so it cannot be refunded now.',
            'Wait for the dispute''s end.'
        );
    end if;
    if p_credit.status <> 'active' or coalesce(p_minutes, 1) > p_credit.minutes_left then
        perform private.refuse(
            'PT409', 'insufficient_credit',
            format('Of these hours %s minutes are left unused.', p_credit.minutes_left),
            'Cancel lessons that are booked with them first, or send fewer minutes.'
        );
    end if;
end;
$$;
