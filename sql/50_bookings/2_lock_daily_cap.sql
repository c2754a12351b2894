-- Lets the bookings of an instructor with a daily cap come one after the other, since no constraint could count them. A
-- login's rows in other organizations count too. Locked before anything of the slot's, so that two of them cannot deadlock.
create function private.lock_daily_cap(p_instructor public.instructors)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    select colleague.id
    from public.instructors colleague
    where (colleague.id = p_instructor.id or colleague.user_id = p_instructor.user_id)
        and colleague.daily_cap is not null
    order by colleague.id
    for no key update;
$$;
