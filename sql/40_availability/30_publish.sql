-- Publishes the times of an instructor's opening hours as slots of a service, within the booking horizon, and returns how many
-- are new. Calling it again adds only missing slots; a withdrawn slot is published again, with the service's present length
-- and seats unless it is booked. Definer: slots change only through functions, so that they fit the opening hours.
create function private.publish_slots(
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_instructor_id uuid
)
    returns integer
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors := private.require_publishing_instructor(p_service_id, p_instructor_id);
    published integer;
begin
    perform private.assert_time_range(p_from, p_to, 400);
    if p_to <= private.clock() or p_to > private.clock() + make_interval(hours => 24 * instructor.horizon_days) then
        perform private.refuse(
            'PT422', 'bad_time_range',
            format('Times can be published for the next %s days.', instructor.horizon_days),
            'Send a p_to in the future, within that horizon.'
        );
    end if;

    insert into public.bookable_slots as slot (
        org_id, service_id, instructor_id, availability_window_id, start_at, end_at, max_bookings
    )
    select
        service.org_id, service.id, instructor.id,
        slot_time.availability_window_id, slot_time.start_at, slot_time.end_at, service.max_participants
    from public.services service
    cross join private.slot_times(service.id, instructor.id, greatest(p_from, private.clock()), p_to) slot_time
    where service.id = p_service_id
        and slot_time.start_at > private.clock()
    on conflict (instructor_id, service_id, start_at) do update
        set is_published = true,
            is_withdrawn_when_free = false,
            availability_window_id = excluded.availability_window_id,
            end_at = case slot.current_bookings when 0 then excluded.end_at else slot.end_at end,
            max_bookings = case slot.current_bookings when 0 then excluded.max_bookings else slot.max_bookings end
        where not slot.is_published
            or slot.is_withdrawn_when_free;

    get diagnostics published = row_count;
    return published;
end;
$$;

-- Withdraws the published slots of a service and returns how many; a booked slot is withdrawn when it becomes free. Slots are
-- locked in the order of their times, as a series of bookings locks them, so that the two cannot deadlock.
-- Definer: slots change only through functions.
create function private.unpublish_slots(
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_instructor_id uuid
)
    returns integer
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors := private.require_publishing_instructor(p_service_id, p_instructor_id);
    withdrawn integer;
begin
    perform private.assert_time_range(p_from, p_to, 400);

    perform
    from public.bookable_slots slot
    where slot.service_id = p_service_id
        and slot.instructor_id = instructor.id
        and slot.is_published
        and slot.start_at >= greatest(p_from, private.clock())
        and slot.start_at < p_to
    order by slot.start_at, slot.id
    for no key update;

    with changed as (
        update public.bookable_slots slot
        set is_published = slot.current_bookings > 0,
            is_withdrawn_when_free = slot.current_bookings > 0
        where slot.service_id = p_service_id
            and slot.instructor_id = instructor.id
            and slot.is_published
            and not slot.is_withdrawn_when_free
            and slot.start_at >= greatest(p_from, private.clock())
            and slot.start_at < p_to
        returning slot.is_published
    )

    select count(*) into withdrawn
    from changed
    where not changed.is_published;
    return withdrawn;
end;
$$;

-- Returns the instructor whose times the caller publishes: the caller, or an instructor of a school that the caller
-- administers. p_instructor_id may be null for a service that has its own instructor.
create function private.require_publishing_instructor(p_service_id uuid, p_instructor_id uuid)
    returns public.instructors
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    perform private.require_person();

    select candidate.* into instructor
    from public.services service
    join public.instructors candidate
        on candidate.org_id = service.org_id
        and candidate.id = coalesce(p_instructor_id, service.instructor_id)
    where service.id = p_service_id
        and (service.instructor_id is null or service.instructor_id = candidate.id)
        and (candidate.id = any (private.my_instructor_ids()) or candidate.org_id = any (private.my_admin_org_ids()));

    if not found then
        perform private.refuse(
            'PT404', 'service_not_found',
            'You cannot publish times for such a service.',
            'Check the service, and name the instructor if the school offers it.'
        );
    end if;
    return instructor;
end;
$$;

-- Refuses a range of times that is empty, endless or longer than p_max_days. list_open_slots uses it too.
create function private.assert_time_range(p_from timestamptz, p_to timestamptz, p_max_days integer)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not coalesce(
        isfinite(p_from) and isfinite(p_to) and p_from < p_to and p_to <= p_from + make_interval(hours => 24 * p_max_days),
        false
    ) then
        perform private.refuse(
            'PT422', 'bad_time_range',
            format('The range of times must be at most %s days long.', p_max_days),
            'Send p_from before p_to, no further apart than that.'
        );
    end if;
end;
$$;
