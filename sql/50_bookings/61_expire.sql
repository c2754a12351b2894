-- Expires an organization's proposed, held and requested bookings that have passed their deadline, and returns how many. Maintenance (95)
-- calls it with the organization alone. Booking calls it with a slot and a learner, and it then looks only at what is in the way of
-- these: so an expired hold never blocks anybody, even before maintenance. Of other organizations, only the times in the persons'
-- calendars are removed (private.occupy).
-- Whose order or booking somebody else holds is left to the next call, so that nothing waits here.
create function private.expire_holds(p_org_id uuid, p_slot_id uuid default null, p_learner_person_id uuid default null)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    widest_buffer constant interval := '4 hours';
    slot_ids_in_the_way constant uuid[] := array(
        select calendar.slot_id
        from public.bookable_slots slot
        join public.instructors instructor on instructor.org_id = slot.org_id and instructor.id = slot.instructor_id
        join private.person_calendar calendar
            on calendar.person_id in (coalesce(instructor.user_id, instructor.id), p_learner_person_id)
            and calendar.during && tstzrange(slot.start_at - widest_buffer, slot.end_at + widest_buffer)
        where slot.org_id = p_org_id
            and slot.id = p_slot_id
            and calendar.slot_id is not null
    );
    overdue_id uuid;
    expired integer := 0;
begin
    for overdue_id in
        select booking.id
        from private.open_bookings waiting
        join public.bookings booking on booking.org_id = waiting.org_id and booking.id = waiting.booking_id
        join public.orders ordered on ordered.org_id = booking.org_id and ordered.id = booking.order_id
        where waiting.org_id = p_org_id
            and waiting.hold_expires_at <= private.clock()
            and booking.status in ('proposed', 'held', 'requested')
            and booking.hold_expires_at <= private.clock()
            and (
                num_nonnulls(p_slot_id, p_learner_person_id) = 0
                or booking.learner_person_id = p_learner_person_id
                or booking.slot_id = p_slot_id
                or booking.slot_id = any (slot_ids_in_the_way)
            )
        order by booking.start_at, booking.slot_id, booking.id
        limit 1000
        for no key update of booking, ordered skip locked
    loop
        update public.bookings set status = 'expired' where org_id = p_org_id and id = overdue_id;
        expired := expired + 1;
    end loop;
    return expired;
end;
$$;

-- Notes when a hold ends unpaid by the learner's doing: it expires, or the learner cancels it later than a minute after booking, before
-- which it was a mistake. What is charged later was not given up while no charge has failed, nor when nobody could give it any more, and
-- was after the second. A late payment undoes it. Who gives up many holds waits: see assert_may_hold and assert_has_paid_later.
-- Definer: as the other guards.
create function private.note_given_up_hold()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    new.given_up_at := case
        when new.collection_tries = 2
            or (
                (not new.is_collected_later or (new.collection_tries > 0 and private.can_be_given(new)))
                and (
                    new.status = 'expired'
                    or (new.cancelled_by in ('learner', 'guardian') and private.clock() > old.created_at + interval '1 minute')
                )
            )
            then least(old.hold_expires_at, private.clock())
    end;
    return new;
end;
$$;

create trigger note_given_up_hold
    before update of status on public.bookings
    for each row
    when (old.status in ('held', 'expired') and new.status <> old.status)
    execute function private.note_given_up_hold();
