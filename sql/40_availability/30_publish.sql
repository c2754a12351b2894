-- Publishes the times of an instructor's opening hours as slots of a service, within the booking horizon, and returns how many
-- are new. Calling it again adds only missing slots; a withdrawn slot is published again. Instructor and service are locked, so that
-- slots are counted once at a time and no slot is made while the service changes.
-- Definer: slots change only through functions, so that they fit the opening hours.
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
    addable integer;
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

    perform private.lock_instructors(array[instructor.id]);
    perform from public.services where org_id = instructor.org_id and id = p_service_id for share;
    addable := private.addable_slots(instructor);

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
        and not exists (
            select
            from public.bookable_slots known
            where known.instructor_id = instructor.id
                and known.service_id = service.id
                and known.start_at = slot_time.start_at
                and known.is_published
                and not known.is_withdrawn_when_free
        )
    order by slot_time.start_at
    limit addable + 1
    on conflict (org_id, instructor_id, service_id, start_at) do update
        set is_published = true,
            is_withdrawn_when_free = false,
            availability_window_id = excluded.availability_window_id
        where not slot.is_published
            or slot.is_withdrawn_when_free;

    get diagnostics published = row_count;
    if published > addable then
        perform private.refuse(
            'PT422', 'too_many_slots',
            format('That is more published times than are allowed: %s can be added now.', addable),
            'Publish a shorter range of times. Open times can be booked without being published.'
        );
    end if;
    return published;
end;
$$;

-- How many times an instructor may publish besides those ahead: 20,000 in all, and 500 before the instructor is verified.
create function private.addable_slots(p_instructor public.instructors)
    returns integer
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return greatest(
        case p_instructor.verification_status when 'verified' then 20000 else 500 end - (
            select count(*)
            from public.bookable_slots slot
            where slot.org_id = p_instructor.org_id
                and slot.instructor_id = p_instructor.id
                and slot.start_at > private.clock()
                and slot.is_published
        ),
        0
    );
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
