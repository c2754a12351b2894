create view private.open_bookings_have_not_ended
    with (security_invoker = true)
as
select jsonb_build_object('booking_id', coalesce(booking.id, known.booking_id), 'status', booking.status) as detail
from (
    select
        waiting.org_id, waiting.id, waiting.status, waiting.end_at,
        case when waiting.status in ('proposed', 'held', 'requested') then waiting.hold_expires_at end as hold_expires_at
    from public.bookings waiting
    where waiting.status in ('proposed', 'held', 'requested', 'confirmed', 'in_progress')
) booking
full join private.open_bookings known on known.org_id = booking.org_id and known.booking_id = booking.id
where (booking.end_at, booking.hold_expires_at) is distinct from (known.end_at, known.hold_expires_at)
    or booking.id is null
    or known.booking_id is null;

comment on view private.open_bookings_have_not_ended is
    'Every booking that has not ended, and no other, is worked off with its deadline and its end.';
