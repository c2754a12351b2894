create view private.seats_are_counted
    with (security_invoker = true)
as
select jsonb_build_object('slot_id', slot.id, 'current_bookings', slot.current_bookings) as detail
from public.bookable_slots slot
left join public.bookings booking
    on booking.org_id = slot.org_id
    and booking.slot_id = slot.id
    and private.occupies_slot(booking.status)
group by slot.org_id, slot.id
having count(booking.id) <> slot.current_bookings;

comment on view private.seats_are_counted is
    'A slot''s count of seats taken is the number of bookings that occupy it.';
