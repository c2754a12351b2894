-- The open times of a service, in UTC and local time. Without a price that can be charged there is nothing to list; where
-- rate cards price the service, each date is looked at. Definer: visitors may not read windows, calendars and prices.
create function private.list_open_slots(
    p_instructor_id uuid,
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz
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
    set search_path = ''
as $$
declare
    pricing_zone text;
    has_rates constant boolean := exists (select from public.rate_card_items item where item.service_id = p_service_id);
begin
    perform private.assert_time_range(p_from, p_to, 62);

    select organization.time_zone into pricing_zone
    from public.services service
    join public.instructors instructor
        on instructor.org_id = service.org_id
        and instructor.id = coalesce(service.instructor_id, instructor.id)
    join public.organizations organization on organization.id = service.org_id
    where service.id = p_service_id
        and instructor.id = p_instructor_id;
    if not found then
        perform private.refuse(
            'PT404', 'service_not_found',
            'This instructor gives no such lesson.',
            'Check the service and the instructor.'
        );
    end if;

    return query
    with open_slot as materialized (
        select
            open_time.*,
            case when has_rates then (open_time.start_at at time zone pricing_zone)::date end as priced_on
        from private.open_slots(p_instructor_id, p_service_id, p_from, p_to) open_time
    ),

    payable as materialized (
        select day.priced_on
        from (
            select open_slot.priced_on, min(open_slot.start_at) as first_at
            from open_slot
            group by open_slot.priced_on
        ) day
        where private.price_refusal(private.price_service(p_service_id, p_instructor_id, day.first_at)) is null
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
    where exists (select from payable where payable.priced_on is not distinct from open_slot.priced_on)
    order by open_slot.start_at;
end;
$$;

-- Is this time of a service listed as open at this instant?
create function private.is_slot_open(p_instructor_id uuid, p_service_id uuid, p_start_at timestamptz)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return exists (
        select
        from private.open_slots(p_instructor_id, p_service_id, p_start_at, p_start_at + interval '1 microsecond')
    );
end;
$$;
