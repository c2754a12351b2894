create view private.lessons_paid_later_are_charged
    with (security_invoker = true)
as
select jsonb_build_object('booking_id', booking.id, 'collect_at', booking.collect_at, 'collection_tries', booking.collection_tries) as detail
from public.bookings booking
where booking.status = 'held'
    and booking.is_collected_later
    and (
        booking.collection_tries = 2
        or (
            booking.collection_tries = 0
            and booking.collect_at is null
            and not exists (
                select
                from private.outbox command
                where command.subject = format('order:%s', booking.order_id)
                    and command.topic = 'collect_lesson'
                    and command.processed_at is null
            )
        )
    );

comment on view private.lessons_paid_later_are_charged is
    'A lesson that is held to be charged later has its first charge planned or queued, and none is held after its second has failed.';
