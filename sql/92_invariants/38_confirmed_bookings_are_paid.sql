create view private.confirmed_bookings_are_paid
    with (security_invoker = true)
as
select jsonb_build_object('booking_id', booking.id, 'status', booking.status) as detail
from public.bookings booking
where booking.status in ('confirmed', 'in_progress', 'completed')
    and booking.total_cents > booking.credit_applied_cents
    and not exists (
        select
        from public.order_items item
        left join public.payment_items part on part.org_id = item.org_id and part.item_id = item.id
        left join public.payments payment on payment.org_id = part.org_id and payment.id = part.payment_id
        where item.org_id = booking.org_id
            and item.booking_id = booking.id
            and (payment.is_accepted or item.is_paid_outside)
    );

comment on view private.confirmed_bookings_are_paid is
    'A lesson that is not free is confirmed only if an accepted payment, prepaid minutes or money that went to its instructor pay for it.';
