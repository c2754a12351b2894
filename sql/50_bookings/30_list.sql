-- The times at which a service of an instructor can be booked at this instant, in UTC and local time, in pages. Times without a payable
-- price are left out: one time stands for those of its date and length, because only rate cards make prices differ, by date.
-- Definer: visitors may not read opening hours, calendars and prices.
create function private.list_open_slots(
    p_instructor_id uuid,
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_limit integer,
    p_after timestamptz
)
    returns table (
        start_at timestamptz,
        end_at timestamptz,
        local_start timestamp,
        local_end timestamp,
        time_zone text,
        slot_id uuid,
        seats_left integer
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
    pricing_zone text;
    has_rates constant boolean := exists (select from public.rate_card_items item where item.service_id = p_service_id);
begin
    perform private.assert_time_range(p_from, p_to, 62);

    instructor := private.require_instructor_of_service(p_instructor_id, p_service_id);
    select organization.time_zone into pricing_zone
    from public.organizations organization
    where organization.id = instructor.org_id;

    return query
    with open_slot as materialized (
        select
            open_time.*,
            private.minutes_between(open_time.start_at, open_time.end_at) as minutes,
            case when has_rates then (open_time.start_at at time zone pricing_zone)::date end as priced_on
        from private.open_slots(p_instructor_id, p_service_id, greatest(p_from, p_after), p_to) open_time
        where open_time.start_at > coalesce(p_after, '-infinity')
    ),

    payable as materialized (
        select day.priced_on, day.minutes
        from (
            select open_slot.priced_on, open_slot.minutes, min(open_slot.start_at) as first_at
            from open_slot
            group by open_slot.priced_on, open_slot.minutes
        ) day
        where private.price_refusal(
            private.price_service(p_service_id, p_instructor_id, day.first_at, day.minutes)
        ) is null
    )

    select
        open_slot.start_at,
        open_slot.end_at,
        open_slot.start_at at time zone open_slot.time_zone,
        open_slot.end_at at time zone open_slot.time_zone,
        open_slot.time_zone,
        open_slot.slot_id,
        open_slot.seats_left
    from open_slot
    where exists (
        select
        from payable
        where payable.priced_on is not distinct from open_slot.priced_on
            and payable.minutes = open_slot.minutes
    )
    order by open_slot.start_at
    limit private.page_size(p_limit, 500, 1000);
end;
$$;

-- Returns the instructor if the instructor gives the service: their own one, or one of any instructor of their school.
-- Requests and series use it too.
create function private.require_instructor_of_service(p_instructor_id uuid, p_service_id uuid)
    returns public.instructors
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    select candidate.* into instructor
    from public.services service
    join public.instructors candidate
        on candidate.org_id = service.org_id
        and candidate.id = coalesce(service.instructor_id, candidate.id)
    where service.id = p_service_id
        and candidate.id = p_instructor_id;

    if not found then
        perform private.refuse(
            'PT404', 'service_not_found',
            'This instructor does not give this lesson.',
            'Check the service and the instructor.'
        );
    end if;
    return instructor;
end;
$$;

-- Whether list_open_slots would list this time of a service at this instant, whatever its price; for a replacement, whether
-- list_reschedule_times would. Booking asks it.
create function private.is_slot_open(
    p_instructor_id uuid,
    p_service_id uuid,
    p_start_at timestamptz,
    p_original_booking_id uuid
)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from private.open_slots(
            p_instructor_id, p_service_id, p_start_at, p_start_at + interval '1 microsecond',
            private.overlappable_original(p_original_booking_id)
        )
    );
end;
$$;
