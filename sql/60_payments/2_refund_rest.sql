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
    rest_cents := private.refundable_cents(payment);
    if rest_cents > 0 then
        perform private.create_refund(payment, rest_cents, p_reason);
    end if;
end;
$$;
