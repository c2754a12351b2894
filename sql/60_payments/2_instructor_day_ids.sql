-- The bookings of an instructor on a date of the instructor's own calendar, for the instructor and the school's admins.
-- Definer: as my_booking_ids.
create function private.instructor_day_ids(p_instructor_id uuid, p_on date)
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
        join public.instructors instructor on instructor.id = booking.instructor_id
        where booking.instructor_id = p_instructor_id
            and (
                p_instructor_id = any (private.my_instructor_ids())
                or booking.org_id = any ((select private.my_admin_org_ids())::uuid[])
            )
            and booking.status not in ('cancelled', 'declined', 'expired')
            and booking.start_at >= p_on::timestamp at time zone 'UTC' - interval '14 hours'
            and booking.start_at < p_on::timestamp at time zone 'UTC' + interval '36 hours'
            and (booking.start_at at time zone instructor.time_zone)::date = p_on
    );
end;
$$;
