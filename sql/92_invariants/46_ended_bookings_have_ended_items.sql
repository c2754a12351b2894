create view private.ended_bookings_have_ended_items
    with (security_invoker = true)
as
select jsonb_build_object('booking_id', booking.id, 'status', booking.status) as detail
from public.bookings booking
join public.order_items item on item.org_id = booking.org_id and item.booking_id = booking.id
where item.is_paid
    and case
        when item.ending is null then booking.status not in ('proposed', 'held', 'requested', 'confirmed', 'in_progress')
        else booking.status in ('confirmed', 'in_progress')
    end;

comment on view private.ended_bookings_have_ended_items is
    'A paid item has ended if its booking has, and only then.';
