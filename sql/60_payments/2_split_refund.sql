-- How a sum given back of a payment divides into the instructor's share, the platform's fee and the discount: each the
-- rounded proportion, the fee taking what rounding leaves. Of a payment whose fee stays, the share is given back first.
create function private.split_refund(
    p_payment public.payments,
    p_amount_cents bigint,
    out share_cents bigint,
    out fee_cents bigint,
    out discount_cents bigint
)
    language plpgsql
    immutable
    security invoker
    set search_path = ''
as $$
begin
    if p_payment.is_fee_refundable then
        share_cents := (2 * p_payment.share_cents * p_amount_cents + p_payment.amount_cents) / (2 * p_payment.amount_cents);
        discount_cents := (2 * p_payment.discount_cents * p_amount_cents + p_payment.amount_cents) / (2 * p_payment.amount_cents);
    else
        share_cents := least(p_amount_cents, p_payment.share_cents);
        discount_cents := 0;
    end if;
    fee_cents := p_amount_cents - share_cents + discount_cents;
end;
$$;
