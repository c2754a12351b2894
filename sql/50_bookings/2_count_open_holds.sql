create function private.count_open_holds(p_learner_person_id uuid)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select count(*)
    from public.bookings booking
    where booking.learner_person_id = p_learner_person_id
        and booking.status = 'held'
        and booking.hold_expires_at > private.clock();
$$;
