-- The instructor accepts a request: the learner has time to pay, or the booking is confirmed when nothing is due.
-- Definer: bookings change only through functions.
create function private.confirm_booking(p_booking_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    booking public.bookings := private.require_request(p_booking_id);
begin
    update public.bookings
    set status = case when booking.due_cents = 0 then 'confirmed' else 'held' end::public.booking_status,
        hold_expires_at = case
            when booking.due_cents > 0 then least(
                private.clock() + make_interval(hours => service.approval_hours),
                booking.start_at
            )
        end
    from public.services service
    where bookings.id = booking.id
        and service.id = booking.service_id;
end;
$$;
