create view private.bookings_are_in_the_calendar
    with (security_invoker = true)
as
select jsonb_build_object('booking_id', booking.id) as detail
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
end;

comment on view private.bookings_are_in_the_calendar is
    'A booking is in its learner''s calendar exactly while it occupies its slot; a proposal is not.';
