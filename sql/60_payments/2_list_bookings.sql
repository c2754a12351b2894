-- Bookings with all that a frontend shows of them, by time: those of the ids that the caller may see.
-- In plpgsql, where the plan of the view and all its policies is made once a session.
create function private.list_bookings(p_booking_ids uuid[])
    returns setof public.booking_details
    language plpgsql
    stable
    security invoker
    rows 50
    set search_path = ''
as $$
begin
    return query
    select details.*
    from public.booking_details details
    where details.id = any (p_booking_ids)
    order by details.start_at, details.id;
end;
$$;
