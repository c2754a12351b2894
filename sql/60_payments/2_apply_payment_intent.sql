-- Brings a payment to what Stripe says of its PaymentIntent, from an event or an answer. Late and repeated news change
-- nothing: a success or a cancellation is final, and of other states the latest counts, in one second the furthest.
create function private.apply_payment_intent(p_intent jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    news constant public.payment_status := private.payment_status_of(p_intent);
    payment public.payments;
begin
    select * into payment from private.find_payment(p_intent);

    if not found then
        if news = 'succeeded' then
            perform private.post_to_suspense(p_intent, null, p_occurred_at);
            return row('parked', 'unknown_payment')::private.stripe_outcome;
        end if;
        return row('ignored', 'unknown_payment')::private.stripe_outcome;
    end if;
    if payment.status in ('succeeded', 'cancelled') and payment.status = news then
        return row('processed', null)::private.stripe_outcome;
    end if;
    if news = 'succeeded' then
        return private.settle_payment(payment, p_intent, p_occurred_at);
    end if;
    if payment.status in ('succeeded', 'cancelled', 'unknown')
        or (news <> 'cancelled' and (p_occurred_at, news) <= (payment.intent_seen_at, payment.status))
    then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    update public.payments
    set status = news,
        intent_seen_at = greatest(intent_seen_at, p_occurred_at),
        authorized_cents = coalesce((p_intent ->> 'amount_capturable')::bigint, 0),
        authorized_at = case when news = 'authorized' then coalesce(authorized_at, p_occurred_at) end,
        failure_code = coalesce(
            p_intent #>> '{last_payment_error,decline_code}',
            p_intent #>> '{last_payment_error,code}'
        ),
        failure_message = left(p_intent #>> '{last_payment_error,message}', 500)
    where id = payment.id
    returning * into payment;

    perform private.keep_hold_while_processing(payment.booking_id, news);
    if news = 'authorized' and payment.capture_method = 'manual' and not private.accept_payment(payment) then
        perform private.cancel_payment(payment);
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;
