-- Slots and bookings: seats are counted, what occupies persons is in their calendars, bookings are where their slots are, and nobody
-- teaches or learns in two places at once, but where a login was linked or an original waits for its replacement. A hold that is overdue
-- may have lost its time to another school.
create function private.violations_of_calendar()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'seats_are_counted', jsonb_build_object('slot_id', slot.id, 'current_bookings', slot.current_bookings)
    from public.bookable_slots slot
    left join public.bookings booking
        on booking.org_id = slot.org_id
        and booking.slot_id = slot.id
        and private.occupies_slot(booking.status)
    group by slot.org_id, slot.id
    having count(booking.id) <> slot.current_bookings

    union all
    select 'taken_slots_are_in_the_calendar', jsonb_build_object('slot_id', slot.id)
    from public.bookable_slots slot
    join public.instructors instructor on instructor.org_id = slot.org_id and instructor.id = slot.instructor_id
    left join private.person_calendar calendar on calendar.org_id = slot.org_id and calendar.slot_id = slot.id
    where (slot.current_bookings = 0 and calendar.id is not null)
        or (
            slot.current_bookings > 0
            and private.seats_taken(slot.id) > 0
            and not coalesce(
                calendar.person_id = coalesce(instructor.user_id, instructor.id)
                and calendar.during @> tstzrange(slot.start_at, slot.end_at)
                and calendar.expires_at >= private.slot_occupied_until(slot.id, null),
                false
            )
        )

    union all
    select 'bookings_are_in_the_calendar', jsonb_build_object('booking_id', booking.id)
    from public.bookings booking
    left join private.person_calendar calendar on calendar.org_id = booking.org_id and calendar.booking_id = booking.id
    where case
        when booking.status = 'proposed' or not private.occupies_slot(booking.status) then calendar.id is not null
        else private.occupies_until(booking.status, booking.hold_expires_at) > private.clock()
            and (calendar.person_id, calendar.during, calendar.expires_at) is distinct from (
                booking.learner_person_id,
                tstzrange(booking.start_at, booking.end_at),
                private.occupies_until(booking.status, booking.hold_expires_at)
            )
    end

    union all
    select 'bookings_are_where_their_slots_are', jsonb_build_object('booking_id', booking.id, 'slot_id', slot.id)
    from public.bookings booking
    join public.bookable_slots slot on slot.org_id = booking.org_id and slot.id = booking.slot_id
    where private.occupies_slot(booking.status)
        and (booking.start_at, booking.end_at, booking.service_id, booking.instructor_id)
        <> (slot.start_at, slot.end_at, slot.service_id, slot.instructor_id)

    union all
    select 'instructors_are_never_double_booked', jsonb_build_object('slot_id', slot.id, 'other_slot_id', other.id)
    from public.bookable_slots slot
    join public.instructors instructor on instructor.org_id = slot.org_id and instructor.id = slot.instructor_id
    join public.instructors same_person
        on coalesce(same_person.user_id, same_person.id) = coalesce(instructor.user_id, instructor.id)
    join public.bookable_slots other
        on other.instructor_id = same_person.id
        and other.start_at >= slot.start_at
        and other.start_at < slot.end_at
        and (other.start_at, other.id) > (slot.start_at, slot.id)
    where slot.current_bookings > 0
        and other.current_bookings > 0
        and private.seats_taken(slot.id) > 0
        and private.seats_taken(other.id) > 0
        and not exists (
            select
            from private.person_calendar one
            join private.person_calendar two on two.chain_id = one.chain_id
            where one.slot_id = slot.id
                and two.slot_id = other.id
        )

    union all
    select 'learners_are_never_double_booked', jsonb_build_object('booking_id', booking.id, 'other_booking_id', other.id)
    from public.bookings booking
    join public.bookings other
        on other.learner_person_id = booking.learner_person_id
        and other.start_at >= booking.start_at
        and other.start_at < booking.end_at
        and (other.start_at, other.id) > (booking.start_at, booking.id)
    where private.occupies_slot(booking.status)
        and private.occupies_slot(other.status)
        and 'proposed' not in (booking.status, other.status)
        and least(
            private.occupies_until(booking.status, booking.hold_expires_at),
            private.occupies_until(other.status, other.hold_expires_at)
        ) > private.clock()
        and not exists (
            select
            from private.person_calendar one
            join private.person_calendar two on two.chain_id = one.chain_id
            where one.booking_id = booking.id
                and two.booking_id = other.id
        );
end;
$$;
