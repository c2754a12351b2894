-- Books a payment that succeeded: the ledger, then the booking. Money of another amount or currency than asked for goes to
-- suspense and confirms nothing. Money for a booking that cannot be confirmed any more goes back in full.
create function private.settle_payment(
    p_payment public.payments,
    p_intent jsonb,
    p_occurred_at timestamptz
)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    if (p_intent ->> 'amount_received')::bigint is distinct from p_payment.amount_cents
        or lower(p_intent ->> 'currency') is distinct from p_payment.currency
        or p_payment.status = 'cancelled'
    then
        perform private.post_to_suspense(p_intent, p_payment.id, p_occurred_at);
        update public.payments
        set status = 'unknown',
            authorized_cents = 0,
            failure_code = 'amount_mismatch',
            failure_message = null
        where id = p_payment.id
            and status not in ('cancelled', 'unknown');
        return row('parked', 'amount_mismatch')::private.stripe_outcome;
    end if;

    update public.payments
    set status = 'succeeded',
        authorized_cents = amount_cents,
        captured_cents = amount_cents,
        stripe_charge_id = coalesce(private.expandable_id(p_intent -> 'latest_charge'), stripe_charge_id),
        intent_seen_at = greatest(intent_seen_at, p_occurred_at),
        failure_code = null,
        failure_message = null
    where id = p_payment.id;

    perform private.post_transaction(
        'payment_succeeded', 'payment', p_payment.id, format('payment:%s:succeeded', p_payment.id),
        p_payment.currency, p_occurred_at,
        array[
            row('stripe_balance', null, p_payment.amount_cents),
            row('promotions', null, p_payment.discount_cents),
            row('instructor_pending', p_payment.instructor_id, -p_payment.share_cents),
            row('platform_fees', null, -p_payment.fee_cents)
        ]::private.posting[]
    );
    perform private.enqueue_command(
        'fetch_processing_fee', format('payment:%s:processing_fee', p_payment.id),
        jsonb_build_object('payment_id', p_payment.id, 'payment_intent', p_intent ->> 'id')
    );

    if not private.confirm_paid_booking(p_payment.booking_id) then
        perform private.refund_rest(p_payment.id, 'The booking could not be confirmed any more.');
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;
