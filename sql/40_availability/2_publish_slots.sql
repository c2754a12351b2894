-- Publishes the times of an instructor's weekly windows as bookable slots. Run again, it adds only what is missing.
-- Definer: slots are made by this function alone, so that they always fit the windows.
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
    set search_path = ''
as $$
declare
    service public.services;
    instructor public.instructors;
    published integer;
begin
    perform private.require_person();
    select * into service from public.services where id = p_service_id;
    select * into instructor
    from public.instructors
    where id = coalesce(p_instructor_id, service.instructor_id)
        and org_id = service.org_id
        and (service.instructor_id is null or id = service.instructor_id)
        and (user_id = private.my_user_id() or org_id = any (private.my_admin_org_ids()));

    if not found then
        perform private.refuse(
            'PT404', 'service_not_found',
            'There is no such lesson that you can publish times for.',
            'Check the service, and name the instructor if the school offers it.'
        );
    end if;
    if not coalesce(
        isfinite(p_from) and isfinite(p_to)
        and p_from < p_to
        and p_to <= private.clock() + instructor.horizon_days * interval '24 hours',
        false
    ) then
        perform private.refuse(
            'PT422', 'bad_time_range',
            format('Times can be published for the next %s days.', instructor.horizon_days),
            'Send p_from before p_to, both within that horizon.'
        );
    end if;

    insert into public.bookable_slots (
        org_id, service_id, instructor_id, availability_window_id, start_at, end_at, max_bookings
    )
    select
        service.org_id, service.id, instructor.id,
        slot_time.availability_window_id, slot_time.start_at, slot_time.end_at, service.max_participants
    from private.slot_times(service.id, instructor.id, greatest(p_from, private.clock()), p_to) slot_time
    on conflict (instructor_id, service_id, start_at) do nothing;

    get diagnostics published = row_count;
    return published;
end;
$$;
