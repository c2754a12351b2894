create view private.open_bookings_are_those_of_bookings
    with (security_invoker = true)
as
select
    jsonb_build_object(
        'booking_id', coalesce(booking.id, kept.booking_id),
        'expected_until', booking.hold_expires_at, 'kept_until', kept.hold_expires_at,
        'expected_end_at', booking.end_at, 'kept_end_at', kept.end_at
    ) as detail
from (
    select
        org_id, id, end_at, case when status in ('proposed', 'held', 'requested') then hold_expires_at end as hold_expires_at
    from public.bookings
    where status in ('proposed', 'held', 'requested', 'confirmed', 'in_progress')
) booking
full join private.open_bookings kept on kept.org_id = booking.org_id and kept.booking_id = booking.id
where (booking.id, booking.end_at, booking.hold_expires_at) is distinct from (kept.booking_id, kept.end_at, kept.hold_expires_at);

comment on view private.open_bookings_are_those_of_bookings is
    'The worklist of open bookings holds every booking that has not ended, with its end and its deadline, and no other.';
