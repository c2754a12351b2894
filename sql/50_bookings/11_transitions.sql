-- A booking is held until it is paid, requested until its instructor answers, or proposed until the learner does for whom a school or the
-- waiting list has made it, or whose lesson the other side wants to move. Once confirmed it takes place (in_progress,
-- completed), one party does not come (no_show), or it is cancelled. An expired booking is confirmed when its payment arrives
-- late and its time is still free.
--
-- booking:
--   · → proposed: hold_slot (user, service, job, studio)
--   · → held: hold_slot, import_booking (user, service, job, studio)
--   · → requested: hold_slot (user, service, studio)
--   proposed → held: accept_proposal (user, service, studio)
--   proposed → confirmed: accept_proposal (user, service, job)
--   proposed → declined: decline_proposal (user, service, studio)
--   requested → held: confirm_booking (user, service, studio)
--   requested → confirmed: confirm_booking (user, service, job)
--   requested → declined: decline_booking (user, service, studio)
--   held → confirmed: hold_slot, confirm_paid_booking (user, service, job)
--   expired → confirmed: confirm_paid_booking (service, job)
--   proposed, held, requested → expired: expire_holds (user, service, job, studio)
--   confirmed → in_progress: start_lesson (user, job, studio)
--   confirmed, in_progress → completed: complete_lesson, complete_forgotten_lessons (user, job, studio)
--   confirmed, in_progress, completed → no_show: end_as_no_show (user, job, studio)
--   held, requested → cancelled: cancel_booking, cancel_locked, withdraw_from_order, offboard_instructor, cancel_replacement,
--       cancel_refused_lessons, cancel_lost_holds, move_unpaid, fail_collection, cancel_unpaid_of_former_learner
--       (user, service, job, studio)
--   proposed → cancelled: cancel_booking, cancel_locked, withdraw_from_order, offboard_instructor, cancel_replacement
--       (user, service, job, studio)
--   confirmed → cancelled: cancel_booking, cancel_locked, withdraw_from_order, offboard_instructor, end_original_booking,
--       undo_cancelled_payment, cancel_lost_lessons, void_ageing_authorizations, decide_claim (user, service, job, studio)
--   in_progress → cancelled: cancel_booking, undo_cancelled_payment, void_ageing_authorizations, decide_claim
--       (user, service, job, studio)
--
-- A claim that somebody did not come is open until the other side answers or 72 hours have passed. What is contested, or what nothing but
-- a word speaks for, is undecided until an admin decides. A claim ends with its booking.
--
-- lesson_claim:
--   · → open, undecided: mark_no_show (user, studio)
--   open → undecided: contest_claim, oppose_claims, settle_due_claims (user, job, studio)
--   open → upheld: uphold_claim, close_claims (user, service, job, studio)
--   undecided → upheld: uphold_claim, decide_claim, close_claims (user, service, job, studio)
--   open → dismissed: close_claims (user, service, job, studio)
--   undecided → dismissed: decide_claim, close_claims (user, service, job, studio)
--   open, undecided → withdrawn: withdraw_claim, close_claims (user, service, job, studio)

insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('booking', 'new', 'proposed', '{user,service,job,studio}'),
    ('booking', 'new', 'held', '{user,service,job,studio}'),
    ('booking', 'new', 'requested', '{user,service,studio}'),
    ('booking', 'proposed', 'held', '{user,service,studio}'),
    ('booking', 'proposed', 'confirmed', '{user,service,job}'),
    ('booking', 'proposed', 'declined', '{user,service,studio}'),
    ('booking', 'proposed', 'expired', '{user,service,job,studio}'),
    ('booking', 'proposed', 'cancelled', '{user,service,job,studio}'),
    ('booking', 'held', 'confirmed', '{user,service,job}'),
    ('booking', 'held', 'expired', '{user,service,job,studio}'),
    ('booking', 'held', 'cancelled', '{user,service,job,studio}'),
    ('booking', 'requested', 'held', '{user,service,studio}'),
    ('booking', 'requested', 'confirmed', '{user,service,job}'),
    ('booking', 'requested', 'declined', '{user,service,studio}'),
    ('booking', 'requested', 'expired', '{user,service,job,studio}'),
    ('booking', 'requested', 'cancelled', '{user,service,job,studio}'),
    ('booking', 'expired', 'confirmed', '{service,job}'),
    ('booking', 'confirmed', 'in_progress', '{user,job,studio}'),
    ('booking', 'confirmed', 'completed', '{user,job,studio}'),
    ('booking', 'confirmed', 'no_show', '{user,job,studio}'),
    ('booking', 'confirmed', 'cancelled', '{user,service,job,studio}'),
    ('booking', 'in_progress', 'completed', '{user,job,studio}'),
    ('booking', 'in_progress', 'no_show', '{user,job,studio}'),
    ('booking', 'in_progress', 'cancelled', '{user,service,job,studio}'),
    ('booking', 'completed', 'no_show', '{user,job,studio}'),
    ('lesson_claim', 'new', 'open', '{user,studio}'),
    ('lesson_claim', 'new', 'undecided', '{user,studio}'),
    ('lesson_claim', 'open', 'undecided', '{user,job,studio}'),
    ('lesson_claim', 'open', 'upheld', '{user,service,job,studio}'),
    ('lesson_claim', 'open', 'dismissed', '{user,service,job,studio}'),
    ('lesson_claim', 'open', 'withdrawn', '{user,service,job,studio}'),
    ('lesson_claim', 'undecided', 'upheld', '{user,service,job,studio}'),
    ('lesson_claim', 'undecided', 'dismissed', '{user,service,job,studio}'),
    ('lesson_claim', 'undecided', 'withdrawn', '{user,service,job,studio}');
