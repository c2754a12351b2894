-- A payment follows Stripe's PaymentIntent and ends in succeeded or cancelled. A decline returns it to requires_payment,
-- because Stripe keeps the same intent for the next attempt. `unknown` means that the amount or currency received is not the
-- one requested; only a later success with the right amount leaves it.
-- Refunded and disputed are amounts of a payment, not statuses.
--
-- payment:
--   · → requires_payment: open_payment (user, service, job)
--   requires_payment, requires_action, processing, authorized → requires_payment, requires_action, processing, authorized,
--       succeeded, cancelled, unknown: apply_payment_intent (service, job)
--   unknown → succeeded: apply_payment_intent (service, job)
--
-- A refund is requested by the learner and decided by an admin, or made at once by a rule, an admin or Stripe's Dashboard. A
-- bank may return a refund after it succeeded: then it has failed, and the money is owed again. In Studio a refund follows from the edit of a
-- booking, and is never added by hand (71_guards).
--
-- refund:
--   · → requested: request_refund (user, service, job, studio)
--   · → pending: create_refund, refund_credits, admin_record_refund, apply_refund (user, service, job, studio)
--   requested → pending: decide_refund (user, service, job)
--   requested → declined: decide_refund (user, service, job, studio)
--   pending → succeeded: apply_refund, post_recorded_refunds (service, job)
--   pending → requires_action, cancelled: apply_refund (service, job)
--   pending, requires_action → failed: apply_refund, record_refund_failure (service, job)
--   requires_action → succeeded, cancelled: apply_refund (service, job)
--   succeeded → failed: apply_refund (service, job)

insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('payment', 'new', 'requires_payment', '{user,service,job}'),
    ('payment', 'requires_payment', 'requires_action', '{service,job}'),
    ('payment', 'requires_payment', 'processing', '{service,job}'),
    ('payment', 'requires_payment', 'authorized', '{service,job}'),
    ('payment', 'requires_payment', 'succeeded', '{service,job}'),
    ('payment', 'requires_payment', 'cancelled', '{service,job}'),
    ('payment', 'requires_payment', 'unknown', '{service,job}'),
    ('payment', 'requires_action', 'requires_payment', '{service,job}'),
    ('payment', 'requires_action', 'processing', '{service,job}'),
    ('payment', 'requires_action', 'authorized', '{service,job}'),
    ('payment', 'requires_action', 'succeeded', '{service,job}'),
    ('payment', 'requires_action', 'cancelled', '{service,job}'),
    ('payment', 'requires_action', 'unknown', '{service,job}'),
    ('payment', 'processing', 'requires_payment', '{service,job}'),
    ('payment', 'processing', 'requires_action', '{service,job}'),
    ('payment', 'processing', 'authorized', '{service,job}'),
    ('payment', 'processing', 'succeeded', '{service,job}'),
    ('payment', 'processing', 'cancelled', '{service,job}'),
    ('payment', 'processing', 'unknown', '{service,job}'),
    ('payment', 'authorized', 'requires_payment', '{service,job}'),
    ('payment', 'authorized', 'requires_action', '{service,job}'),
    ('payment', 'authorized', 'processing', '{service,job}'),
    ('payment', 'authorized', 'succeeded', '{service,job}'),
    ('payment', 'authorized', 'cancelled', '{service,job}'),
    ('payment', 'authorized', 'unknown', '{service,job}'),
    ('payment', 'unknown', 'succeeded', '{service,job}'),
    ('refund', 'new', 'requested', '{user,service,job,studio}'),
    ('refund', 'new', 'pending', '{user,service,job,studio}'),
    ('refund', 'requested', 'pending', '{user,service,job}'),
    ('refund', 'requested', 'declined', '{user,service,job,studio}'),
    ('refund', 'pending', 'requires_action', '{service,job}'),
    ('refund', 'pending', 'succeeded', '{service,job}'),
    ('refund', 'pending', 'failed', '{service,job}'),
    ('refund', 'pending', 'cancelled', '{service,job}'),
    ('refund', 'requires_action', 'succeeded', '{service,job}'),
    ('refund', 'requires_action', 'failed', '{service,job}'),
    ('refund', 'requires_action', 'cancelled', '{service,job}'),
    ('refund', 'succeeded', 'failed', '{service,job}');
