-- The booking, locked, if the caller gives it or administers its organization. A foreign one is as unknown as one that
-- does not exist.
create function private.require_own_booking(p_booking_id uuid)
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
    select * into booking
    from public.bookings
    where id = p_booking_id
        and (
            instructor_id = any (private.my_instructor_ids())
            or org_id = any (private.my_admin_org_ids())
        )
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'There is no such booking among those you give.',
            'Check the id, and that you are signed in as the instructor.'
        );
    end if;
    return booking;
end;
$$;
