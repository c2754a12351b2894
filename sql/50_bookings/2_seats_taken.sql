-- How many seats of a slot are taken at this instant: by all bookings that occupy it but overdue holds.
create function private.seats_taken(p_slot_id uuid)
    returns integer
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    present constant timestamptz := private.clock();
begin
    return (
        select count(*)
        from public.bookings booking
        where booking.slot_id = p_slot_id
            and booking.status not in ('cancelled', 'declined', 'expired')
            and (booking.status not in ('held', 'requested') or booking.hold_expires_at > present)
    );
end;
$$;
