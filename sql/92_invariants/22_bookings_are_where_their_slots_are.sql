create view private.bookings_are_where_their_slots_are
    with (security_invoker = true)
as
select jsonb_build_object('booking_id', booking.id, 'slot_id', slot.id) as detail
from public.bookings booking
join public.bookable_slots slot on slot.org_id = booking.org_id and slot.id = booking.slot_id
where private.occupies_slot(booking.status)
    and (booking.start_at, booking.end_at, booking.service_id, booking.instructor_id)
    <> (slot.start_at, slot.end_at, slot.service_id, slot.instructor_id);

comment on view private.bookings_are_where_their_slots_are is
    'A booking that occupies a slot has the slot''s time, service and instructor.';
