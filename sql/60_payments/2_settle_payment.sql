-- Books a payment that succeeded: the ledger, then what was bought. Money of another amount or currency than asked for goes to
-- suspense and buys nothing; of an authorization any part may be captured. Money for what cannot be had any more goes back in
-- full.
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
declare
    received_cents constant bigint := coalesce((p_intent ->> 'amount_received')::bigint, 0);
    payment public.payments;
begin
    if not (
        received_cents = p_payment.amount_cents
        or (p_payment.capture_method = 'manual' and received_cents between 1 and p_payment.amount_cents)
    )
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
        captured_cents = received_cents,
        released_cents = amount_cents - received_cents,
        stripe_charge_id = coalesce(private.expandable_id(p_intent -> 'latest_charge'), stripe_charge_id),
        intent_seen_at = greatest(intent_seen_at, p_occurred_at),
        failure_code = null,
        failure_message = null
    where id = p_payment.id
    returning * into payment;

    perform private.release_from_suspense(p_intent, p_occurred_at);
    perform private.post_payment(payment, p_occurred_at);
    perform private.enqueue_command(
        'fetch_processing_fee', format('payment:%s:processing_fee', p_payment.id),
        jsonb_build_object('payment_id', p_payment.id, 'payment_intent', p_intent ->> 'id')
    );
    if not private.accept_payment(payment) then
        perform private.refund_rest(p_payment.id, 'What it was for could not be had any more.');
    elsif p_payment.released_cents > payment.released_cents then
        perform private.create_refund(
            payment, p_payment.released_cents - payment.released_cents, 'More was captured than was kept.'
        );
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;
