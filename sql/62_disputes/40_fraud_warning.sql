-- Alerts the admins to a bank's early fraud warning, so that they may refund the payment before it is disputed. It moves no money.
-- 85_webhooks calls it.
create function private.apply_fraud_warning(p_warning jsonb)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    known constant private.stripe_objects := private.stripe_row(
        'payments', private.expandable_id(p_warning -> 'payment_intent'), private.expandable_id(p_warning -> 'charge')
    );
    payment public.payments;
begin
    select * into payment
    from public.payments
    where org_id = known.org_id
        and id = known.row_id;
    if not found then
        return row('ignored', 'unknown_payment')::private.stripe_outcome;
    end if;
    perform private.raise_alert(
        payment.org_id, null, 'fraud_warning',
        'The payer''s bank reports a payment as possible fraud. Refunding it now may prevent a dispute.',
        'payments', payment.id, format('payment:%s:fraud_warning:%s', payment.id, p_warning ->> 'id')
    );
    return row('processed', null)::private.stripe_outcome;
end;
$$;
