-- Every earning, newest first, with the payout that pays it. Add a where clause for one instructor.
select
    instructor.display_name as instructor,
    earning.created_at,
    earning.kind::text,
    service.title,
    booking.start_at as lesson_at,
    earning.currency,
    earning.amount_cents,
    earning.status::text,
    earning.available_at,
    payout.payout_date,
    payout.stripe_transfer_id
from public.earnings earning
join public.instructors instructor on instructor.id = earning.instructor_id
left join public.bookings booking on booking.id = earning.booking_id
left join public.services service on service.id = booking.service_id
left join public.payouts payout on payout.id = earning.payout_id
order by instructor.display_name asc, earning.created_at desc;
