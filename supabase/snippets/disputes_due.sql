-- Disputes and early warnings that are open: what the bank has taken, and until when evidence can be given to Stripe, once.
select
    dispute.evidence_due_at,
    dispute.has_evidence,
    dispute.status::text,
    dispute.reason,
    dispute.currency,
    dispute.amount_cents,
    dispute.withdrawn_cents,
    dispute.liability::text as instructors_part_is_borne_by,
    learner.full_name as learner,
    instructor.display_name as instructor,
    dispute.stripe_dispute_id,
    dispute.payment_id
from public.disputes dispute
join public.learners learner on learner.id = dispute.learner_id
join public.instructors instructor on instructor.id = dispute.instructor_id
where dispute.closed_at is null
order by dispute.evidence_due_at nulls last, dispute.opened_at;
