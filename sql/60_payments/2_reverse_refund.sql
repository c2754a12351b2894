-- Takes back the posting of a refund that the bank returned after it had succeeded.
create function private.reverse_refund(p_refund public.refunds, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    update public.payments
    set refunded_cents = refunded_cents - p_refund.amount_cents
    where id = p_refund.payment_id;

    perform private.post_transaction(
        'refund_failed', 'refund', p_refund.id, format('refund:%s:failed', p_refund.id),
        p_refund.currency, p_occurred_at,
        array[
            row('stripe_balance', null, p_refund.amount_cents),
            row('promotions', null, p_refund.discount_cents),
            row('instructor_pending', p_refund.instructor_id, -p_refund.share_cents),
            row('platform_fees', null, -p_refund.fee_cents)
        ]::private.posting[]
    );
end;
$$;
