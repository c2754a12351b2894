-- How many unpaid times a person keeps: held or requested; a series counts once.
create function private.count_open_holds(p_learner_person_id uuid, p_series_id uuid)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select count(distinct coalesce(booking.series_id, booking.id))
    from public.bookings booking
    where booking.learner_person_id = p_learner_person_id
        and booking.status in ('held', 'requested')
        and booking.hold_expires_at > private.clock()
        and (p_series_id is null or booking.series_id is distinct from p_series_id);
$$;
