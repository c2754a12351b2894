-- Expires unpaid bookings and unanswered requests whose deadline has passed and returns how many. Named a slot and a
-- learner, it looks only at those in the way of them: whoever wants the time does so first, so that an expired hold never blocks, swept or not.
-- They are taken in the order of their times, as a series takes them, so that nobody deadlocks.
create function private.expire_holds(p_slot_id uuid default null, p_learner_person_id uuid default null)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    widest_buffer constant interval := '4 hours';
    overdue_id uuid;
    expired integer := 0;
begin
    for overdue_id in
        select booking.id
        from public.bookings booking
        where booking.status in ('held', 'requested')
            and booking.hold_expires_at <= private.clock()
            and (
                num_nonnulls(p_slot_id, p_learner_person_id) = 0
                or booking.learner_person_id = p_learner_person_id
                or booking.slot_id in (
                    select calendar.slot_id
                    from public.bookable_slots slot
                    join public.instructors instructor on instructor.id = slot.instructor_id
                    join private.instructor_calendar calendar
                        on calendar.person_id = coalesce(instructor.user_id, instructor.id)
                        and calendar.during && tstzrange(slot.start_at - widest_buffer, slot.end_at + widest_buffer)
                    where slot.id = p_slot_id
                )
            )
        order by booking.start_at, booking.slot_id, booking.id
        limit 1000
        for no key update skip locked
    loop
        update public.bookings set status = 'expired' where id = overdue_id;
        expired := expired + 1;
    end loop;
    return expired;
end;
$$;
