-- One page of the lessons that are over and that nobody has completed, of the caller as learner, guardian, instructor or admin, by time.
-- Definer: as my_booking_ids.
create function private.to_complete_ids(p_limit integer, p_after_start_at timestamptz, p_after_id uuid)
    returns uuid[]
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return array(
        select booking.id
        from private.open_bookings given
        join public.bookings booking on booking.org_id = given.org_id and booking.id = given.booking_id
        where given.hold_expires_at is null
            and given.end_at <= private.clock()
            and (
                booking.learner_id = any ((select private.my_family_ids())::uuid[])
                or booking.instructor_id = any ((select private.my_instructor_ids())::uuid[])
                or booking.org_id = any ((select private.my_admin_org_ids())::uuid[])
            )
            and (p_after_start_at is null or (booking.start_at, booking.id) > (p_after_start_at, p_after_id))
        order by booking.start_at, booking.id
        limit private.page_size(p_limit)
    );
end;
$$;
