-- A page of an organization's bookings, by time, for its admins. Definer: as my_booking_ids.
create function private.organization_booking_ids(
    p_org_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_limit integer,
    p_after_start_at timestamptz,
    p_after_id uuid
)
    returns uuid[]
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
begin
    return array(
        select booking.id
        from public.bookings booking
        where booking.org_id = p_org_id
            and p_org_id = any (private.my_admin_org_ids())
            and booking.start_at >= greatest(p_from, p_after_start_at)
            and booking.start_at < p_to
            and (p_after_start_at is null or (booking.start_at, booking.id) > (p_after_start_at, p_after_id))
        order by booking.start_at, booking.id
        limit private.page_size(p_limit)
    );
end;
$$;
