-- Returns the details of these bookings by time, as far as the caller may see them. The functions of 80_api call it with one page.
-- In plpgsql, so that the view with all its policies is planned once a session.
create function private.list_bookings(p_booking_ids uuid[])
    returns setof public.booking_details
    language plpgsql
    stable
    security invoker
    rows 50
    set search_path = '', pg_temp
as $$
begin
    return query
    select details.*
    from public.booking_details details
    where details.id = any (p_booking_ids)
    order by details.start_at, details.id;
end;
$$;

-- One page of the bookings of the caller and the learners in their care, by time.
-- Definer: the policy on bookings covers all audiences at once, which would keep the index on learner_id from returning the page
-- in order. Policies still decide what is shown, because list_bookings reads as the caller.
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
    set search_path = '', pg_temp
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

-- One page of an instructor's bookings on a date in the instructor's time zone, for the instructor and the school's admins.
-- Definer: as my_booking_ids.
create function private.instructor_day_ids(
    p_instructor_id uuid,
    p_on date,
    p_limit integer,
    p_after_start_at timestamptz,
    p_after_id uuid
)
    returns uuid[]
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_date_is_plausible(p_on);
    return array(
        select booking.id
        from public.bookings booking
        join public.instructors instructor
            on instructor.org_id = booking.org_id
            and instructor.id = booking.instructor_id
        where booking.instructor_id = p_instructor_id
            and (
                p_instructor_id = any (private.my_instructor_ids())
                or booking.org_id = any ((select private.my_admin_org_ids())::uuid[])
            )
            and booking.status not in ('cancelled', 'declined', 'expired')
            and booking.start_at >= p_on::timestamp at time zone 'UTC' - interval '14 hours'
            and booking.start_at < p_on::timestamp at time zone 'UTC' + interval '36 hours'
            and (booking.start_at at time zone instructor.time_zone)::date = p_on
            and (p_after_start_at is null or (booking.start_at, booking.id) > (p_after_start_at, p_after_id))
        order by booking.start_at, booking.id
        limit private.page_size(p_limit, 200)
    );
end;
$$;

-- One page of an organization's bookings by time, for its admins. Definer: as my_booking_ids.
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
    set search_path = '', pg_temp
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
