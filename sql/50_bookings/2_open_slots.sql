-- What is free, for listing and for booking alike: the times that opening hours give and the published slots, of an
-- instructor who takes bookings, within notice, horizon and daily cap, and not colliding with the calendar, buffers
-- included. A hold whose deadline has passed is free, swept or not.
create function private.open_slots(
    p_instructor_id uuid,
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz
)
    returns table (start_at timestamptz, end_at timestamptz, time_zone text, slot_id uuid, seats_left integer)
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    with offer as (
        select
            instructor.id as instructor_id,
            coalesce(instructor.user_id, instructor.id) as person_id,
            instructor.time_zone,
            instructor.daily_cap,
            make_interval(mins => instructor.buffer_before_minutes) as buffer_before,
            make_interval(mins => instructor.buffer_after_minutes) as buffer_after,
            make_interval(mins => service.duration_minutes) as duration,
            service.max_participants,
            greatest(p_from, private.clock() + make_interval(mins => instructor.minimum_notice_minutes)) as opens_at,
            least(p_to, private.clock() + make_interval(days => instructor.horizon_days)) as closes_at
        from public.instructors instructor
        join public.services service
            on service.org_id = instructor.org_id
            and coalesce(service.instructor_id, instructor.id) = instructor.id
        where instructor.id = p_instructor_id
            and service.id = p_service_id
            and instructor.is_active
            and instructor.is_available
            and instructor.verification_status = 'verified'
            and service.is_active
    ),

    taken as materialized (
        select calendar.slot_id, calendar.during, seat.taken as seats_taken
        from offer
        join private.instructor_calendar calendar
            on calendar.person_id = offer.person_id
            and calendar.during && tstzrange(offer.opens_at - interval '2 days', offer.closes_at + interval '2 days')
        cross join lateral (
            select count(*)::integer as taken
            from public.bookings booking
            where booking.slot_id = calendar.slot_id
                and private.occupies_slot(booking.status)
                and (booking.status not in ('held', 'requested') or booking.hold_expires_at > private.clock())
        ) seat
        where calendar.slot_id is null or seat.taken > 0
    ),

    full_day as (
        select ((lower(taken.during) + offer.buffer_before) at time zone offer.time_zone)::date as local_date
        from offer
        cross join taken
        where taken.slot_id is not null
        group by 1, offer.daily_cap
        having count(*) >= offer.daily_cap
    ),

    candidate as (
        select slot.start_at
        from offer
        join public.bookable_slots slot
            on slot.instructor_id = offer.instructor_id
            and slot.service_id = p_service_id
            and slot.start_at >= offer.opens_at
            and slot.start_at < offer.closes_at
            and slot.is_published
        union
        select slot_time.start_at
        from offer
        cross join private.slot_times(p_service_id, p_instructor_id, offer.opens_at, offer.closes_at) slot_time
    ),

    listed as (
        select
            candidate.start_at,
            case when slot.is_published then slot.end_at else candidate.start_at + offer.duration end as end_at,
            case when slot.is_published then slot.id end as slot_id,
            coalesce(slot.max_bookings, offer.max_participants) as seats,
            coalesce(taken.seats_taken, 0) as seats_taken
        from candidate
        cross join offer
        left join public.bookable_slots slot
            on slot.instructor_id = offer.instructor_id
            and slot.service_id = p_service_id
            and slot.start_at = candidate.start_at
        left join taken on taken.slot_id = slot.id
    )

    select listed.start_at, listed.end_at, offer.time_zone, listed.slot_id, listed.seats - listed.seats_taken
    from listed
    cross join offer
    where listed.seats_taken < listed.seats
        and (
            listed.seats_taken > 0
            or (
                not exists (
                    select
                    from taken
                    where taken.during && tstzrange(
                        listed.start_at - offer.buffer_before,
                        listed.end_at + offer.buffer_after
                    )
                )
                and (listed.start_at at time zone offer.time_zone)::date not in (select full_day.local_date from full_day)
            )
        )
    order by listed.start_at;
$$;
