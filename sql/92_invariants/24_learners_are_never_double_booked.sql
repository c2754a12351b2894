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

comment on view private.learners_are_never_double_booked is
    'Nobody learns in two places at once, but where a login was linked or an original waits for its replacement: those are of one '
    'chain. Proposals and overdue holds do not count.';
