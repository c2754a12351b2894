-- How a sum given back of a payment divides into the instructor's share, the platform's fee and the discount: each the
-- rounded proportion, the fee taking what rounding leaves. Of a payment whose fee stays, the share is given back first, and
-- only what exceeds it comes from fee and discount; where the discount is larger than the fee, nothing does.
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
declare
    whole_cents constant bigint := p_payment.amount_cents;
    beyond_share_cents constant bigint := whole_cents - p_payment.share_cents;
begin
    if p_payment.is_fee_refundable then
        share_cents := private.proportion_cents(p_payment.share_cents, p_amount_cents, whole_cents);
        discount_cents := private.proportion_cents(p_payment.discount_cents, p_amount_cents, whole_cents);
    elsif beyond_share_cents >= 0 then
        share_cents := least(p_amount_cents, p_payment.share_cents);
        discount_cents := private.proportion_cents(
            p_payment.discount_cents, p_amount_cents - share_cents, beyond_share_cents
        );
    else
        share_cents := private.proportion_cents(p_payment.share_cents, p_amount_cents, whole_cents);
        discount_cents := share_cents - p_amount_cents;
    end if;
    fee_cents := p_amount_cents - share_cents + discount_cents;
end;
$$;
