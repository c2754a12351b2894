-- What is left of the instructor's share of a payment after so much more is given back of it. What was lost in a dispute at the
-- platform's risk takes nothing from it.
create function private.left_share_cents(p_payment public.payments, p_more_cents bigint default 0)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = ''
as $$
begin
    return (
        select p_payment.share_cents
            - (private.split_refund(p_payment, private.returned_cents(p_payment) + p_more_cents)).share_cents
            + p_payment.absorbed_share_cents
    );
end;
$$;
