-- Confirms a held booking of which nothing is left to pay.
create function private.confirm_free_booking(p_booking_id uuid)
    returns public.bookings
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    update public.bookings
    set status = 'confirmed',
        hold_expires_at = null
    where id = p_booking_id
        and due_cents = 0
    returning *;
$$;
