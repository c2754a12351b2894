-- Nobody learns in two places at once; groups and proposals do not count.
create view private.learners_are_never_double_booked
    with (security_invoker = true)
as
select jsonb_build_object('booking_id', booking.id, 'other_booking_id', other.id) as detail
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
