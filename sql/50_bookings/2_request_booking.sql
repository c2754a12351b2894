-- Books any time that list_open_slots lists, published or not.
-- Definer: learners may not write slots or bookings themselves; the price comes from the service.
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
    set search_path = ''
as $$
declare
    person uuid := private.require_person();
    service public.services;
    instructor public.instructors;
    learner public.learners;
    booking public.bookings;
begin
    select * into service from public.services where id = p_service_id;
    select * into instructor
    from public.instructors
    where id = p_instructor_id
        and org_id = service.org_id
        and id = coalesce(service.instructor_id, id);
    if not found then
        perform private.refuse(
            'PT404', 'service_not_found',
            'This instructor gives no such lesson.',
            'Check the service and the instructor.'
        );
    end if;

    learner := private.require_bookable_learner(
        case when p_learner_id is null then coalesce(p_learner_user_id, person) else p_learner_user_id end,
        p_learner_id,
        service.org_id
    );
    booking := private.repeat_of_request(learner.id, p_request.client_key, service.id, instructor.id, p_start_at);
    if booking.id is not null then
        return booking;
    end if;

    perform private.check_slot_is_bookable(p_start_at, service, instructor);
    perform private.lock_daily_cap(instructor);
    return private.book_slot(private.make_slot(service, instructor, p_start_at), learner, p_request);
end;
$$;
