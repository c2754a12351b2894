create view private.minutes_are_reserved_for_lessons_ahead
    with (security_invoker = true)
as
select jsonb_build_object('booking_id', booking.id, 'status', booking.status) as detail
from public.bookings booking
where booking.credit_minutes > 0
    and not private.waits_for_its_original(booking)
    and (booking.status in ('held', 'requested', 'confirmed', 'in_progress')) <> exists (
        select from private.reserved_credit(booking.id)
    );

comment on view private.minutes_are_reserved_for_lessons_ahead is
    'Minutes are reserved for a booking exactly as long as its lesson is ahead.';
