-- The payment that a booking was paid by: the first that succeeded. A second one is given back.
create function private.paid_by(p_booking_id uuid)
    returns public.payments
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select paid.*
    from public.payments paid
    where paid.booking_id = p_booking_id
        and paid.status = 'succeeded'
    order by paid.created_at, paid.id
    limit 1;
$$;

comment on function private.paid_by is 'Null for a booking that nobody has paid for.';
