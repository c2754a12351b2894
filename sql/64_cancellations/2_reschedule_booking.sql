-- Moves a confirmed booking to another time of its service: what was paid comes along, a dearer time is paid for before it is
-- the learner's, and of a cheaper one the difference goes back.
-- Definer: bookings change only through functions.
create function private.reschedule_booking(p_booking_id uuid, p_start_at timestamptz, p_client_key text)
    returns public.bookings
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    booking public.bookings;
    service public.services;
    instructor public.instructors;
    repeated public.bookings;
begin
    perform private.lock_learner((select known.learner_id from public.bookings known where known.id = p_booking_id));
    booking := private.require_party(p_booking_id);
    repeated := private.repeat_of_request(
        booking.learner_id, p_client_key, booking.service_id, booking.instructor_id, p_start_at
    );
    if repeated.id is not null then
        return repeated;
    end if;

    select * into strict service from public.services where id = booking.service_id;
    select * into strict instructor from public.instructors where id = booking.instructor_id;
    perform private.require_movable(booking, p_start_at);
    perform private.check_slot_is_bookable(p_start_at, service, instructor);
    perform private.lock_daily_cap(instructor);
    return private.move_booking(booking, service, instructor, p_start_at, p_client_key);
end;
$$;
