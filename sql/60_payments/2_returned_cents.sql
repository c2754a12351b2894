-- What of a payment is gone again: never captured, refunded, or lost in a dispute.
create function private.returned_cents(p_payment public.payments)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select p_payment.released_cents + p_payment.refunded_cents + p_payment.lost_cents;
$$;
