-- The request of a booking, locked, for its instructor or an admin to answer in time.
create function private.require_request(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    booking public.bookings := private.require_own_booking(p_booking_id);
begin
    if booking.status <> 'requested' or booking.hold_expires_at <= private.clock() then
        perform private.refuse(
            'PT409', 'booking_not_requested',
            format('This booking is %s, so there is nothing to answer.', booking.status),
            'Only a request that has not expired can be confirmed or declined.'
        );
    end if;
    return booking;
end;
$$;
