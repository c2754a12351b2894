create view private.taken_slots_are_in_the_calendar
    with (security_invoker = true)
as
select jsonb_build_object('slot_id', slot.id) as detail
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
    );

comment on view private.taken_slots_are_in_the_calendar is
    'A slot is in its instructor''s calendar exactly while somebody has booked it. A hold that is overdue may have lost its time to '
    'another school.';
