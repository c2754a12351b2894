-- The booking that the same request made before, if it did. A double click waits here.
create function private.repeat_of_request(
    p_learner_id uuid,
    p_client_key text,
    p_service_id uuid,
    p_instructor_id uuid,
    p_start_at timestamptz
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    booking public.bookings;
begin
    perform private.lock_learner(p_learner_id);

    select * into booking
    from public.bookings
    where learner_id = p_learner_id
        and client_key = p_client_key;
    if found and (booking.service_id, booking.instructor_id, booking.start_at)
        is distinct from (p_service_id, p_instructor_id, p_start_at)
    then
        perform private.refuse(
            'PT409', 'client_key_reused',
            'This request was made before, for another time.',
            'Send a new p_client_key for a new booking.'
        );
    end if;
    return booking;
end;
$$;
