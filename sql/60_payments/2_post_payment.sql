-- Posts a payment's money: of a booking it is the instructor's and the platform's at once, of credit only with the lessons.
create function private.post_payment(p_payment public.payments, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    perform private.post_transaction(
        'payment_succeeded', 'payment', p_payment.id, format('payment:%s:succeeded', p_payment.id),
        p_payment.currency, p_occurred_at,
        case p_payment.kind
            when 'credits' then array[
                row('stripe_balance', null, p_payment.captured_cents),
                row('deferred_promotions', null, p_payment.discount_cents),
                row('learner_prepaid', null, -p_payment.share_cents),
                row('deferred_fees', null, -p_payment.fee_cents)
            ]::private.posting[]
            else array[
                row('stripe_balance', null, p_payment.captured_cents),
                row('promotions', null, p_payment.discount_cents - released.discount_cents),
                row('instructor_pending', p_payment.instructor_id, released.share_cents - p_payment.share_cents),
                row('platform_fees', null, released.fee_cents - p_payment.fee_cents)
            ]::private.posting[]
        end
    )
    from private.split_refund(p_payment, p_payment.released_cents) released;
end;
$$;
