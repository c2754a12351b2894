-- Refunds that wait: `requested` for an admin's decision (decide_refund), the others for Stripe.
select
    refund.status::text,
    refund.created_at,
    refund.currency,
    refund.amount_cents,
    payment.captured_cents,
    payment.refunded_cents,
    refund.reason,
    learner.full_name as learner,
    instructor.display_name as instructor,
    payment.is_disputed,
    refund.id as refund_id,
    refund.payment_id
from public.refunds refund
join public.payments payment on payment.id = refund.payment_id
join public.learners learner on learner.id = refund.learner_id
join public.instructors instructor on instructor.id = refund.instructor_id
where refund.status in ('requested', 'pending', 'requires_action')
order by refund.status, refund.created_at;
