-- Posts a refund that succeeded. Its parts are cumulative: the division of everything given back with it, less the division
-- of everything given back before, so that the last refund closes every account to zero. Money that bought nothing goes back from
-- suspense.
create function private.post_refund(
    p_payment public.payments,
    p_refund public.refunds,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    refund public.refunds;
begin
    if p_payment.status = 'unknown' then
        update public.refunds
        set share_cents = 0,
            fee_cents = 0,
            discount_cents = 0,
            unmatched_cents = amount_cents
        where id = p_refund.id;
    elsif p_payment.kind = 'booking' or not p_payment.is_accepted then
        update public.refunds
        set share_cents = after.share_cents - before.share_cents,
            fee_cents = after.fee_cents - before.fee_cents,
            discount_cents = after.discount_cents - before.discount_cents
        from private.split_refund(p_payment, private.returned_cents(p_payment)) before
        cross join private.split_refund(p_payment, private.returned_cents(p_payment) + p_refund.amount_cents) after
        where id = p_refund.id;
    end if;
    select * into strict refund from public.refunds where id = p_refund.id;

    update public.payments
    set refunded_cents = refunded_cents + p_refund.amount_cents
    where id = p_payment.id
        and status <> 'unknown';

    perform private.post_transaction(
        'refund_succeeded', 'refund', refund.id, format('refund:%s:succeeded', refund.id),
        refund.currency, p_occurred_at, private.refund_postings(p_payment, refund, 1)
    );
end;
$$;
