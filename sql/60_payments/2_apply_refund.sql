-- Brings a refund to what Stripe says of it, from an event or an answer; one made in Stripe's Dashboard is taken over.
-- A refund only moves forward (pending, requires_action, succeeded, then possibly failed), so late news change nothing.
create function private.apply_refund(p_refund jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    news constant public.refund_status := replace(p_refund ->> 'status', 'canceled', 'cancelled');
    payment public.payments;
    refund public.refunds;
begin
    select * into payment
    from public.payments
    where stripe_payment_intent_id = private.expandable_id(p_refund -> 'payment_intent')
    for no key update;
    if not found then
        return row('parked', 'unknown_payment')::private.stripe_outcome;
    end if;

    refund := private.find_refund(payment, p_refund);
    if news <= refund.status then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    if news = 'succeeded' then
        perform private.post_refund(payment, refund, p_occurred_at);
    elsif refund.status = 'succeeded' then
        perform private.reverse_refund(payment, refund, p_occurred_at);
    end if;

    update public.refunds
    set status = news,
        failure_code = p_refund ->> 'failure_reason'
    where id = refund.id;
    return row('processed', null)::private.stripe_outcome;
end;
$$;
