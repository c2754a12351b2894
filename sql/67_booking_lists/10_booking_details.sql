-- Booking lists: bookings as frontends show them, in the words of the published API.
--
-- booking_details is the view; its columns are published and keep their names. It runs with the reader's rights, so row-level
-- security of the tables below decides what each reader sees.
-- my_bookings, instructor_day, organization_bookings and lessons_to_complete (80_api) each serve one audience: a private function with the owner's
-- rights picks the ids of one page by that audience's index, and list_bookings reads them through the view. lesson_materials leads to
-- what a booked lesson is taught with, instructor_contact to the instructor's phone, and my_payments lists what was paid.
-- Frontends call these; no other room does. receipt_for (41) is what the webhook service prints as a payment's receipt; it keeps what a
-- receipt says in the room's one table (11).
create view public.booking_details
    with (security_invoker = true)
as
select
    booking.id,
    booking.org_id,
    booking.learner_id,
    booking.instructor_id as expert_id,
    booking.service_id as session_id,
    booking.slot_id,
    booking.start_at,
    booking.end_at,
    case booking.status
        when 'proposed' then 'pending'
        when 'held' then 'pending'
        when 'requested' then 'pending'
        when 'in_progress' then 'confirmed'
        when 'expired' then 'cancelled'
        when 'no_show' then case booking.no_show_by when 'instructor' then 'cancelled' else 'completed' end
        else booking.status::text
    end as status,
    case
        when item.is_paid_outside then 'captured'
        when payment.refunded_cents > 0 and payment.refunded_cents = payment.captured_cents then 'refunded'
        when payment.status is null and booking.due_cents = 0
            and booking.status in ('confirmed', 'in_progress', 'completed', 'no_show') then 'captured'
        when payment.status = 'succeeded' then 'captured'
        when payment.status in ('processing', 'authorized', 'cancelled') then payment.status::text
        when payment.status = 'requires_payment' and payment.failure_code is not null then 'failed'
        when booking.status in ('expired', 'cancelled', 'declined') then 'cancelled'
        when payment.status = 'requires_action' then 'requires_action'
        else 'pending'
    end as payment_status,
    coalesce(payment.authorized_cents, 0)::bigint as amount_authorized,
    coalesce(payment.captured_cents, 0)::bigint as amount_captured,
    coalesce(payment.refunded_cents, 0)::bigint as amount_refunded,
    booking.currency,
    payment.stripe_payment_intent_id,
    booking.learner_notes,
    note.notes as expert_notes,
    case booking.cancelled_by
        when 'guardian' then 'learner'
        when 'instructor' then 'expert'
        when 'admin' then 'system'
        else booking.cancelled_by::text
    end as cancelled_by,
    booking.cancellation_reason,
    booking.cancelled_at,
    booking.created_at,
    booking.updated_at,
    service.title as session_title,
    service.description as session_description,
    service.duration_minutes,
    instructor.display_name as expert_name,
    instructor.bio as expert_bio,
    learner.full_name as learner_name,
    booking.start_at as slot_start_time,
    booking.end_at as slot_end_time,
    booking.status as booking_status,
    booking.total_cents,
    booking.due_cents,
    booking.hold_expires_at,
    booking.pickup_address,
    booking.pickup_lat,
    booking.pickup_lng,
    booking.dropoff_address,
    contact.phone as learner_phone,
    coalesce(item.is_paid_outside, false) as is_paid_outside
from public.bookings booking
join public.services service on service.org_id = booking.org_id and service.id = booking.service_id
join public.instructors instructor on instructor.org_id = booking.org_id and instructor.id = booking.instructor_id
join public.learners learner on learner.org_id = booking.org_id and learner.id = booking.learner_id
left join public.learner_contacts contact on contact.org_id = booking.org_id and contact.learner_id = booking.learner_id
left join public.booking_notes note on note.org_id = booking.org_id and note.booking_id = booking.id
left join public.order_items item on item.org_id = booking.org_id and item.booking_id = booking.id
left join lateral (
    select
        latest.status,
        latest.failure_code,
        sum(least(part.amount_cents, latest.authorized_cents)) over () as authorized_cents,
        sum(least(part.amount_cents, latest.captured_cents)) over () as captured_cents,
        case
            when item.is_paid_outside then sum(least(part.amount_cents, latest.captured_cents)) over () - item.excess_cents
            when item.is_paid then
                sum(least(part.amount_cents, latest.captured_cents)) over ()
                - item.total_cents + item.credit_share_cents + item.credit_fee_cents - item.credit_discount_cents
                - item.excess_cents + item.refunded_cents
            else 0
        end as refunded_cents,
        latest.stripe_payment_intent_id
    from public.payment_items part
    join public.payments latest on latest.org_id = part.org_id and latest.id = part.payment_id
    where part.org_id = booking.org_id
        and (part.item_id = item.id or (item.id is null and part.booking_id = booking.id and not booking.is_rescheduled))
    order by latest.captured_cents > 0 desc, latest.created_at desc
    limit 1
) payment on true;

comment on view public.booking_details is
    'A booking with all that a frontend shows, in the words of the published API. Row-level security of the underlying tables '
    'applies to each reader: expert_notes is null for the learner.';
comment on column public.booking_details.status is
    'pending (proposed, held, requested), confirmed (also in progress), completed (also the learner''s no-show), cancelled (also '
    'expired, and the instructor''s no-show) or declined. booking_status has the exact status.';
comment on column public.booking_details.payment_status is
    'pending (nothing was tried), requires_action (the bank wants something of the payer), processing, authorized, captured (also by '
    'prepaid hours, or outside), failed (declined; may be tried again), cancelled or refunded (in full).';

comment on column public.booking_details.hold_expires_at is
    'Until when a pending booking is to be paid, answered or accepted; null once it is confirmed or has ended.';

comment on column public.booking_details.learner_phone is
    'How the instructor reaches the learner; null for whoever may not see it, as an instructor before the lesson is paid or accepted.';

comment on column public.booking_details.is_paid_outside is
    'Whether it was paid to the instructor or the school, in cash or by bank transfer; amount_captured is what was paid through us.';

create trigger refuse_write_to_view
    instead of insert or update or delete on public.booking_details
    for each row execute function private.refuse_write_to_view();
