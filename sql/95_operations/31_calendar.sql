-- Slots and bookings: seats are counted, taken slots are in the calendar and where their bookings are, and nobody teaches or learns
-- in two places at once.
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
    where (slot.current_bookings > 0) <> exists (
        select
        from private.instructor_calendar calendar
        where calendar.org_id = slot.org_id
            and calendar.slot_id = slot.id
    )

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

    union all
    select 'learners_are_never_double_booked', jsonb_build_object('booking_id', booking.id, 'other_booking_id', other.id)
    from public.bookings booking
    join public.bookings other
        on other.learner_person_id = booking.learner_person_id
        and other.start_at >= booking.start_at
        and other.start_at < booking.end_at
        and (other.start_at, other.id) > (booking.start_at, booking.id)
    where not booking.is_group
        and not other.is_group
        and private.occupies_slot(booking.status)
        and private.occupies_slot(other.status)
        and 'proposed' not in (booking.status, other.status);
end;
$$;
