-- The instructor turns a request down; its time is free again. Definer: bookings change only through functions.
create function private.decline_booking(p_booking_id uuid, p_reason text)
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
    set status = 'declined',
        hold_expires_at = null,
        cancellation_reason = left(p_reason, 2000)
    where id = booking.id;
end;
$$;
