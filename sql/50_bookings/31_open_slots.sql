-- What is free, for listing and for booking alike: times of the opening hours and published slots, if the instructor takes
-- bookings and no document of theirs has lapsed, within notice, horizon and daily cap, not on closed dates, and not colliding with the
-- calendar, buffers included. A slot that is partly booked keeps the length and the seats that it was booked with; all others have the
-- service's present ones.
-- p_leaving_out is a booking that counts as cancelled, to ask where it could be moved to.
create function private.open_slots(
    p_instructor_id uuid,
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_leaving_out uuid default null
)
    returns table (start_at timestamptz, end_at timestamptz, time_zone text, slot_id uuid, seats_left integer)
    language plpgsql
    stable
    security invoker
    rows 100
    set search_path = '', pg_temp
as $$
declare
    instant constant interval := interval '1 microsecond';
    instructor public.instructors;
    service public.services;
    opens_at timestamptz;
    closes_at timestamptz;
    busy tstzmultirange;
    closed tstzmultirange;
    full_days date[];
begin
    select * into instructor
    from public.instructors candidate
    where candidate.id = p_instructor_id
        and candidate.is_active
        and candidate.is_available
        and candidate.verification_status = 'verified';
    select * into service
    from public.services candidate
    where candidate.id = p_service_id
        and candidate.is_active
        and candidate.org_id = instructor.org_id
        and coalesce(candidate.instructor_id, instructor.id) = instructor.id;

    opens_at := greatest(
        p_from, private.clock() + instant, private.clock() + make_interval(mins => instructor.minimum_notice_minutes)
    );
    closes_at := least(p_to, private.clock() + instant + make_interval(hours => 24 * instructor.horizon_days));
    if service.id is null or opens_at >= closes_at or private.has_lapsed_document(instructor.id) then
        return;
    end if;
    busy := private.busy_times(coalesce(instructor.user_id, instructor.id), opens_at, closes_at, p_leaving_out);
    closed := private.closed_times(instructor.id, opens_at, closes_at);
    full_days := private.full_days(instructor, opens_at, closes_at, p_leaving_out);

    return query
    with slot as materialized (
        select
            known.id, known.start_at, known.end_at, known.max_bookings, seat.taken as seats_taken,
            known.is_published and not known.is_withdrawn_when_free as is_offered
        from public.bookable_slots known
        cross join lateral (
            select case when known.current_bookings > 0 then private.seats_taken(known.id, p_leaving_out) else 0 end as taken
        ) seat
        where known.instructor_id = p_instructor_id
            and known.service_id = p_service_id
            and known.start_at >= opens_at
            and known.start_at < closes_at
    ),

    candidate as (
        select
            coalesce(slot.start_at, slot_time.start_at) as start_at,
            case
                when slot.seats_taken > 0 then slot.end_at
                else coalesce(slot.start_at, slot_time.start_at) + make_interval(mins => service.duration_minutes)
            end as end_at,
            case when slot.is_offered then slot.id end as slot_id,
            case when slot.seats_taken > 0 then slot.max_bookings else service.max_participants end as seats,
            coalesce(slot.seats_taken, 0) as seats_taken
        from private.slot_times(service.id, instructor.id, opens_at, closes_at) slot_time
        full join slot on slot.start_at = slot_time.start_at
        where slot_time.start_at is not null
            or slot.is_offered
    )

    select
        candidate.start_at, candidate.end_at, instructor.time_zone, candidate.slot_id, candidate.seats - candidate.seats_taken
    from candidate
    where candidate.seats_taken < candidate.seats
        and not closed && tstzrange(candidate.start_at, candidate.end_at)
        and (
            candidate.seats_taken > 0
            or not (
                busy && tstzrange(
                    candidate.start_at - make_interval(mins => instructor.buffer_before_minutes),
                    candidate.end_at + make_interval(mins => instructor.buffer_after_minutes)
                )
                or (candidate.start_at at time zone instructor.time_zone)::date = any (full_days)
            )
        )
    order by candidate.start_at;
end;
$$;

-- When a person teaches, learns or is busy around a range of times, buffers included. A hold that has passed its deadline takes
-- nothing, even if it has not been expired yet, and neither does the booking p_leaving_out.
create function private.busy_times(p_person_id uuid, p_from timestamptz, p_to timestamptz, p_leaving_out uuid)
    returns tstzmultirange
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    its_slot_id constant uuid := (select booking.slot_id from public.bookings booking where booking.id = p_leaving_out);
begin
    return coalesce(
        (
            select range_agg(calendar.during)
            from private.person_calendar calendar
            where calendar.person_id = p_person_id
                and calendar.during && tstzrange(p_from - interval '2 days', p_to + interval '2 days')
                and calendar.expires_at > private.clock()
                and (p_leaving_out is null or calendar.booking_id is distinct from p_leaving_out)
                and (
                    its_slot_id is null
                    or calendar.slot_id is distinct from its_slot_id
                    or private.seats_taken(its_slot_id, p_leaving_out) > 0
                )
        ),
        '{}'
    );
end;
$$;

-- The local dates on which an instructor has reached the daily cap, counting lessons of all organizations.
create function private.full_days(
    p_instructor public.instructors,
    p_from timestamptz,
    p_to timestamptz,
    p_leaving_out uuid
)
    returns date[]
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_instructor.daily_cap is null then
        return '{}';
    end if;
    return array(
        select (slot.start_at at time zone p_instructor.time_zone)::date
        from private.person_calendar calendar
        join public.bookable_slots slot on slot.org_id = calendar.org_id and slot.id = calendar.slot_id
        where calendar.person_id = coalesce(p_instructor.user_id, p_instructor.id)
            and calendar.during && tstzrange(p_from - interval '2 days', p_to + interval '2 days')
            and private.seats_taken(slot.id, p_leaving_out) > 0
        group by 1
        having count(*) >= p_instructor.daily_cap
    );
end;
$$;

-- How many seats of a slot are taken at this instant. Holds that have passed their deadline do not count, nor does the booking
-- p_leaving_out.
create function private.seats_taken(p_slot_id uuid, p_leaving_out uuid default null)
    returns integer
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    present constant timestamptz := private.clock();
begin
    return (
        select count(*)
        from public.bookings booking
        where booking.slot_id = p_slot_id
            and booking.status not in ('cancelled', 'declined', 'expired')
            and (booking.status not in ('proposed', 'held', 'requested') or booking.hold_expires_at > present)
            and booking.id is distinct from p_leaving_out
    );
end;
$$;

-- How long a lesson would be that is booked at this time now: as long as the slot if somebody has a seat of it, else as the service.
create function private.lesson_minutes(p_service public.services, p_instructor_id uuid, p_start_at timestamptz)
    returns integer
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(
        (
            select private.minutes_between(slot.start_at, slot.end_at)
            from public.bookable_slots slot
            where slot.instructor_id = p_instructor_id
                and slot.service_id = p_service.id
                and slot.start_at = p_start_at
                and slot.current_bookings > 0
                and private.seats_taken(slot.id) > 0
        ),
        p_service.duration_minutes
    );
end;
$$;
