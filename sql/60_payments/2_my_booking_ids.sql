-- A page of the bookings of the caller's family, by time. Definer: the policy of bookings, for all audiences at once, would
-- keep the index of this one from giving a page in its order. What is shown of them is still the policies' to say.
create function private.my_booking_ids(
    p_from timestamptz,
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
        where booking.learner_id = any (private.my_family_ids())
            and booking.start_at >= greatest(p_from, p_after_start_at, '-infinity')
            and (p_after_start_at is null or (booking.start_at, booking.id) > (p_after_start_at, p_after_id))
        order by booking.start_at, booking.id
        limit private.page_size(p_limit)
    );
end;
$$;
