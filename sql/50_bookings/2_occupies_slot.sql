-- Does a booking in this status keep its seat and its instructor's time?
create function private.occupies_slot(p_status public.booking_status)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select p_status not in ('cancelled', 'declined', 'expired');
$$;
