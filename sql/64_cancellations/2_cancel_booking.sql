-- Cancels a booking and gives back what preview_cancellation said. Cancelling twice is cancelling once.
-- Definer: bookings change only through functions.
create function private.cancel_booking(p_booking_id uuid, p_reason text, p_expected_refund_cents bigint)
    returns table (
        booking_id uuid, cancelled_by public.booking_party, refund_bps integer,
        refund_cents bigint, returned_minutes integer, currency text
    )
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    booking public.bookings := private.require_party(p_booking_id);
    broken_rule text;
begin
    if booking.status <> 'cancelled' or booking.is_moved then
        perform private.require_cancellable(booking);
        update public.bookings
        set status = 'cancelled',
            cancelled_by = private.party_of(booking),
            cancelled_at = private.clock(),
            cancellation_reason = p_reason
        where id = booking.id
        returning * into booking;
        if booking.returned_cents <> p_expected_refund_cents then
            perform private.refuse(
                'PT409', 'refund_changed',
                'What you would get back has changed meanwhile.',
                'Call preview_cancellation again.'
            );
        end if;
    end if;

    return query
    select
        booking.id, booking.cancelled_by, booking.refund_bps, booking.returned_cents, booking.returned_minutes,
        booking.currency;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;
