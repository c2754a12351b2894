-- Books any time that list_open_slots lists, published or not. Without approval it leads straight to a held booking.
-- Definer: learners may not write slots or bookings themselves, and the price comes from the service.
create function private.request_booking(
    p_instructor_id uuid,
    p_service_id uuid,
    p_start_at timestamptz,
    p_learner_user_id uuid,
    p_learner_id uuid,
    p_request private.booking_request
)
    returns public.bookings
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    instructor public.instructors := private.require_instructor_of_service(p_instructor_id, p_service_id);
    service public.services;
    learner public.learners;
    booking public.bookings;
begin
    perform private.assert_time_is_plausible(p_start_at);
    select * into strict service from public.services where id = p_service_id;

    learner := private.require_bookable_learner(
        case when p_learner_id is null then coalesce(p_learner_user_id, person) else p_learner_user_id end,
        p_learner_id,
        service.org_id
    );
    booking := private.find_booking_by_client_key(learner.id, p_request.client_key, service.id, instructor.id, p_start_at);
    if booking.id is not null then
        return booking;
    end if;

    perform private.assert_slot_is_bookable(p_start_at, service, instructor);
    perform private.lock_daily_cap(instructor);
    return private.reserve_slot(private.ensure_slot(service, instructor, p_start_at, null), learner, p_request);
end;
$$;

-- Returns the slot of an open time: the published one, or one made for this booking, which nobody else is offered.
create function private.ensure_slot(
    p_service public.services,
    p_instructor public.instructors,
    p_start_at timestamptz,
    p_original_booking_id uuid
)
    returns public.bookable_slots
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    slot public.bookable_slots;
begin
    if not private.is_slot_open(p_instructor.id, p_service.id, p_start_at, p_original_booking_id) then
        if not private.is_time_offered(p_instructor.id, p_service.id, p_start_at) then
            perform private.refuse(
                'PT409', 'time_not_offered',
                'The instructor does not give this lesson at that time.',
                'Choose a time that list_open_slots lists.'
            );
        end if;
        perform private.refuse_taken_slot();
    end if;

    insert into public.bookable_slots (
        org_id, service_id, instructor_id, start_at, end_at, max_bookings, is_published
    )
    values (
        p_service.org_id, p_service.id, p_instructor.id, p_start_at,
        p_start_at + make_interval(mins => p_service.duration_minutes), p_service.max_participants, false
    )
    on conflict (org_id, instructor_id, service_id, start_at) do nothing;

    select * into strict slot
    from public.bookable_slots
    where org_id = p_instructor.org_id
        and instructor_id = p_instructor.id
        and service_id = p_service.id
        and start_at = p_start_at;
    return slot;
end;
$$;

-- Whether a lesson begins at this time, by the opening hours or because the time was published, free or not.
create function private.is_time_offered(p_instructor_id uuid, p_service_id uuid, p_start_at timestamptz)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from private.slot_times(p_service_id, p_instructor_id, p_start_at, p_start_at + interval '1 microsecond') slot_time
        where slot_time.start_at = p_start_at
    ) or exists (
        select
        from public.bookable_slots slot
        where slot.instructor_id = p_instructor_id
            and slot.service_id = p_service_id
            and slot.start_at = p_start_at
            and slot.is_published
            and not slot.is_withdrawn_when_free
    );
end;
$$;
