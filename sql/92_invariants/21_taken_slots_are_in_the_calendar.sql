-- A slot is in its instructor's calendar exactly while somebody has booked it.
create view private.taken_slots_are_in_the_calendar
    with (security_invoker = true)
as
select jsonb_build_object('slot_id', slot.id) as detail
from public.bookable_slots slot
where (slot.current_bookings > 0) <> exists (
    select
    from private.instructor_calendar calendar
    where calendar.org_id = slot.org_id
        and calendar.slot_id = slot.id
);
