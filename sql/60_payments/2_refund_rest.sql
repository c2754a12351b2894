-- Decides to give back all that is left of a payment; the outbox carries it to Stripe. Nothing left is fine.
create function private.refund_rest(p_payment_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    payment public.payments;
    rest_cents bigint;
begin
    select * into strict payment from public.payments where id = p_payment_id for no key update;

    select payment.captured_cents - coalesce(sum(refund.amount_cents), 0) into rest_cents
    from public.refunds refund
    where refund.payment_id = p_payment_id
        and refund.status not in ('failed', 'cancelled', 'declined');

    if rest_cents > 0 then
        perform private.create_refund(payment, rest_cents, p_reason);
    end if;
end;
$$;
