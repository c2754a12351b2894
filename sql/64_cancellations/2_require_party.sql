-- The booking that the caller is party of; a foreign one is as unknown as one that does not exist. Locked after those that it is
-- to be rescheduled to, as their payments do.
create function private.require_party(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    booking public.bookings;
begin
    perform private.require_person();
    perform from public.bookings where moved_from_id = p_booking_id for no key update;
    select * into booking from public.bookings where id = p_booking_id for no key update;

    if private.party_of(booking) is null then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You have no such booking.',
            'Check the booking''s id, and that you are signed in as the right person.'
        );
    end if;
    return booking;
end;
$$;
