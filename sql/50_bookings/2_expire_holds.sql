-- Expires unpaid bookings and unanswered requests whose deadline has passed and returns how many. Named an instructor's time or a learner, it looks
-- at those only: booking does so first, so that an expired hold never blocks, swept or not.
-- They are taken in the order of their slots, so that two sweeps cannot deadlock.
create function private.expire_holds(
    p_instructor_person_id uuid default null,
    p_during tstzrange default null,
    p_learner_person_id uuid default null
)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    overdue_id uuid;
    expired integer := 0;
begin
    for overdue_id in
        select booking.id
        from public.bookings booking
        where booking.status in ('held', 'requested')
            and booking.hold_expires_at <= private.clock()
            and (
                num_nonnulls(p_instructor_person_id, p_learner_person_id) = 0
                or booking.learner_person_id = p_learner_person_id
                or booking.slot_id in (
                    select calendar.slot_id
                    from private.instructor_calendar calendar
                    where calendar.person_id = p_instructor_person_id
                        and calendar.during && p_during
                )
            )
        order by booking.slot_id, booking.id
        limit 1000
        for no key update skip locked
    loop
        update public.bookings set status = 'expired' where id = overdue_id;
        expired := expired + 1;
    end loop;
    return expired;
end;
$$;
