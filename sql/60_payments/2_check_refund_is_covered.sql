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
    perform private.require_refundable(payment, new.amount_cents);
    return new;
end;
$$;
