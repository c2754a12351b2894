-- Takes back a refund that the bank returned after it had succeeded. Its parts are what the division of everything given
-- back loses by it, to the cent: so the books do not depend on the order in which several refunds came and failed.
create function private.reverse_refund(
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
    part record;
begin
    select
        before.share_cents - after.share_cents as share_cents,
        before.fee_cents - after.fee_cents as fee_cents,
        before.discount_cents - after.discount_cents as discount_cents
    into part
    from private.split_refund(p_payment, p_payment.refunded_cents) before
    cross join private.split_refund(p_payment, p_payment.refunded_cents - p_refund.amount_cents) after;

    update public.refunds
    set share_cents = part.share_cents,
        fee_cents = part.fee_cents,
        discount_cents = part.discount_cents
    where id = p_refund.id;

    update public.payments
    set refunded_cents = refunded_cents - p_refund.amount_cents
    where id = p_payment.id;

    perform private.post_transaction(
        'refund_failed', 'refund', p_refund.id, format('refund:%s:failed', p_refund.id),
        p_refund.currency, p_occurred_at,
        array[
            row('stripe_balance', null, p_refund.amount_cents),
            row('promotions', null, part.discount_cents),
            row('instructor_pending', p_refund.instructor_id, -part.share_cents),
            row('platform_fees', null, -part.fee_cents)
        ]::private.posting[]
    );
end;
$$;
