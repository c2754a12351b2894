create view private.discounts_have_their_redemption
    with (security_invoker = true)
as
select jsonb_build_object('booking_id', booking.id) as detail
from public.bookings booking
where booking.discount_cents > 0
    and booking.credit_applied_cents = 0
    and booking.status in ('held', 'requested', 'confirmed', 'in_progress', 'completed')
    and booking.original_booking_id is null
    and not exists (
        select
        from public.code_redemptions redemption
        where redemption.org_id = booking.org_id
            and redemption.order_id = booking.order_id
    );

comment on view private.discounts_have_their_redemption is
    'A booking with a discount has a redemption that explains it.';
