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
