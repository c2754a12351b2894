-- Books the loss of a booking's payment: what was withdrawn and not booked as lost before. The platform bears of the share what the
-- instructor keeps; of a lesson that was called off, only that.
create function private.lose_payment(p_dispute public.disputes, p_payment public.payments, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    loss_cents constant bigint := least(
        greatest(p_dispute.withdrawn_cents, 0) - p_dispute.lost_cents,
        p_payment.amount_cents - private.returned_cents(p_payment)
    );
    claim_cents constant bigint := private.dispute_claim_cents(p_dispute);
    part record;
    absorbed_cents bigint;
begin
    if claim_cents = 0 then
        return;
    end if;

    select
        after.share_cents - before.share_cents as share_cents,
        after.fee_cents - before.fee_cents as fee_cents,
        after.discount_cents - before.discount_cents as discount_cents
    into part
    from private.split_refund(p_payment, private.returned_cents(p_payment)) before
    cross join private.split_refund(p_payment, private.returned_cents(p_payment) + loss_cents) after;

    absorbed_cents := case p_dispute.liability
        when 'platform' then least(
            part.share_cents,
            (select booking.kept_share_cents from public.bookings booking where booking.id = p_payment.booking_id)
        )
        else 0
    end;

    update public.payments
    set lost_cents = lost_cents + loss_cents,
        absorbed_share_cents = absorbed_share_cents + absorbed_cents
    where id = p_payment.id;
    update public.disputes
    set lost_cents = lost_cents + loss_cents,
        lost_share_cents = lost_share_cents + part.share_cents,
        revision = revision + 1
    where id = p_dispute.id;

    perform private.post_transaction(
        'dispute_lost', 'dispute', p_dispute.id, format('dispute:%s:lost:%s', p_dispute.id, p_dispute.revision),
        p_dispute.currency, p_occurred_at,
        array[
            row('dispute_receivable', null, -claim_cents),
            row('platform_fees', null, part.fee_cents),
            row('promotions', null, -part.discount_cents),
            row('instructor_pending', p_payment.instructor_id, part.share_cents - absorbed_cents),
            row('dispute_losses', null, absorbed_cents + claim_cents - loss_cents)
        ]::private.posting[]
    );
end;
$$;
