-- Gives back what the ending of a booking decided: by refunds, or by capturing the rest of an authorization alone. Of what was
-- rescheduled to nothing is given back; the booking that it was to be moved to ends with it.
-- Definer: nobody writes refunds directly.
create function private.return_money()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    due record;
    payment public.payments;
begin
    for due in
        select part.payment_id, part.refund_cents from private.refunds_due(new.id, new.refund_bps) part
    loop
        select * into strict payment from public.payments where id = due.payment_id for no key update;
        if payment.status = 'authorized' then
            perform private.capture_payment(payment, due.refund_cents);
        elsif payment.is_disputed then
            perform private.raise_alert(
                new.org_id, null, 'refund_waits_for_dispute',
                'A lesson was called off whose payment is disputed. Decide about a refund when the dispute has ended.',
                'payments', payment.id, format('booking:%s:refund_waits', new.id)
            );
        elsif due.refund_cents > 0 then
            perform private.create_refund(
                payment, due.refund_cents,
                case new.status when 'no_show' then 'The instructor did not come.' else 'The booking was cancelled.' end
            );
        end if;
    end loop;

    update public.bookings
    set status = 'cancelled',
        cancelled_by = 'system',
        cancelled_at = private.clock(),
        cancellation_reason = 'The booking to be rescheduled has ended.'
    where moved_from_id = new.id
        and status in ('held', 'requested');
    return null;
end;
$$;
