create function public.preview_cancellation(p_booking_id uuid)
    returns table (
        booking_id uuid,
        cancelled_by public.booking_party,
        refund_bps integer,
        refund_cents bigint,
        kept_cents bigint,
        restored_minutes integer,
        currency text
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        ending.booking_id, ending.cancelled_by, ending.refund_bps, ending.refund_cents, ending.kept_cents,
        ending.restored_minutes, ending.currency
    from private.preview_cancellation(p_booking_id) ending;
end;

comment on function public.preview_cancellation is
    'What cancel_booking would refund now, in the minor unit and in prepaid minutes; for the learner, a guardian who may '
    'book, the instructor and admins, each as they would cancel. Errors: sign_in_required, booking_not_found, '
    'booking_not_cancellable.';

create function public.cancel_booking(
    p_booking_id uuid,
    p_reason text default null,
    p_expected_refund_cents bigint default null
)
    returns table (
        booking_id uuid,
        cancelled_by public.booking_party,
        refund_bps integer,
        refund_cents bigint,
        restored_minutes integer,
        currency text
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        ending.booking_id, ending.cancelled_by, ending.refund_bps, ending.refund_cents, ending.restored_minutes, ending.currency
    from private.cancel_booking(p_booking_id, p_reason, p_expected_refund_cents) ending;
end;

comment on function public.cancel_booking is
    'Cancels a booking and refunds what its policy says: by the notice given if a learner or guardian cancels, in full if '
    'anybody else does. Send the refund_cents of preview_cancellation as p_expected_refund_cents: the call is refused if '
    'the amount has changed. Cancelling again has no effect. Errors: sign_in_required, booking_not_found, '
    'booking_not_cancellable, refund_changed, and the rules of public.bookings.';

create function public.preview_series_cancellation(p_series_id uuid, p_from timestamptz default null)
    returns table (
        booking_id uuid,
        start_at timestamptz,
        refund_bps integer,
        refund_cents bigint,
        kept_cents bigint,
        restored_minutes integer,
        currency text
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        ending.booking_id, ending.start_at, ending.refund_bps, ending.refund_cents, ending.kept_cents,
        ending.restored_minutes, ending.currency
    from private.preview_series_cancellation(p_series_id, p_from) ending;
end;

comment on function public.preview_series_cancellation is
    'What cancel_series would refund now, one row a booking that is still ahead, at most 52; for whom preview_cancellation is. '
    'Errors: sign_in_required, series_not_found.';

create function public.cancel_series(
    p_series_id uuid,
    p_from timestamptz default null,
    p_reason text default null,
    p_expected_refund_cents bigint default null
)
    returns table (
        booking_id uuid,
        start_at timestamptz,
        refund_bps integer,
        refund_cents bigint,
        restored_minutes integer,
        currency text
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        ending.booking_id, ending.start_at, ending.refund_bps, ending.refund_cents, ending.restored_minutes, ending.currency
    from private.cancel_series(p_series_id, p_from, p_reason, p_expected_refund_cents) ending;
end;

comment on function public.cancel_series is
    'Cancels the bookings of a series that are still ahead, all of them or those from p_from on, and returns one row each. Every booking '
    'is refunded as cancel_booking would. Send the sum of preview_series_cancellation as p_expected_refund_cents: the call is refused '
    'if the amount has changed. Cancelling again has no effect. Errors: sign_in_required, series_not_found, refund_changed, and the '
    'rules of public.bookings.';

create function public.cancel_day(p_instructor_id uuid, p_on date, p_reason text default null)
    returns table (
        booking_id uuid,
        learner_id uuid,
        start_at timestamptz,
        refund_cents bigint,
        restored_minutes integer,
        currency text,
        next_start_at timestamptz
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        ending.booking_id, ending.learner_id, ending.start_at, ending.refund_cents, ending.restored_minutes, ending.currency,
        ending.next_start_at
    from private.cancel_day(p_instructor_id, p_on, p_reason) ending;
end;

comment on function public.cancel_day is
    'Cancels an instructor''s lessons of a date that have not begun and closes the date; for the instructor and the school''s admins. Every '
    'learner is refunded in full and told by an alert, with next_start_at, the next open time of the same lesson, to offer. Returns one row '
    'a booking, at most a day''s. Errors: sign_in_required, instructor_not_found, value_missing, too_many_exceptions, and the rules of '
    'public.bookings and public.availability_exceptions.';

create function public.mark_no_show(p_booking_id uuid, p_who public.booking_party, p_statement text default null)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.mark_no_show(p_booking_id, p_who, p_statement);

comment on function public.mark_no_show is
    'Claims that the learner or the instructor did not come, from 15 minutes after the start until 24 hours after the end, and returns the '
    'claim''s id. The other side is told, and answers with accept_claim or contest_claim within 72 hours; unanswered it counts if start '
    'had been pressed, else an admin decides. Money moves when it is settled: a lesson that the learner missed is earned, one that the '
    'instructor missed is refunded in full. What the instructor says of themselves is settled at once. For the learner, a guardian who may '
    'book, the instructor and admins. Errors: sign_in_required, booking_not_found, bad_party, cannot_report_no_show, '
    'booking_not_confirmed, too_early, too_late, claim_exists, and the rules of public.lesson_claims.';

create function public.accept_claim(p_claim_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.accept_claim(p_claim_id);

comment on function public.accept_claim is
    'Accepts a claim of lesson_claims, which settles it at once; for the side that is said not to have come. Errors: sign_in_required, '
    'claim_not_found, claim_answered.';

create function public.contest_claim(p_claim_id uuid, p_statement text default null)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.contest_claim(p_claim_id, p_statement);

comment on function public.contest_claim is
    'Contests an open claim of lesson_claims: an admin decides. For the side that is said not to have come. Errors: sign_in_required, '
    'claim_not_found, claim_answered, and the rules of public.lesson_claims.';

create function public.withdraw_claim(p_claim_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.withdraw_claim(p_claim_id);

comment on function public.withdraw_claim is
    'Takes a claim back that is not settled; for the side that made it. Errors: sign_in_required, claim_not_found, claim_answered.';

create function public.decide_claim(p_claim_id uuid, p_no_show_by public.booking_party, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.decide_claim(p_claim_id, p_no_show_by, p_reason);

comment on function public.decide_claim is
    'Decides an undecided claim: learner or instructor did not come, or null, nothing is proven. Then the booking stays as it was, or, if '
    'each side has made a claim, the learner is refunded in full. For the school''s admins who are no party within seven days, and for the '
    'platform''s. Both sides can read the reason. Errors: sign_in_required, claim_not_found, claim_answered, not_yours_to_decide, '
    'not_an_admin, second_factor_required, reason_required, bad_party.';

create function public.reschedule_booking(
    p_booking_id uuid,
    p_start_at timestamptz,
    p_client_key text default null
)
    returns table (
        booking_id uuid,
        status public.booking_status,
        amount_cents bigint,
        refund_cents bigint,
        currency text,
        hold_expires_at timestamptz
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        (made.booking).id as booking_id,
        (made.booking).status as status,
        (made.booking).due_cents as amount_cents,
        made.refund_cents,
        (made.booking).currency as currency,
        (made.booking).hold_expires_at as hold_expires_at
    from private.reschedule_booking(p_booking_id, p_start_at, p_client_key) made;
end;

comment on function public.reschedule_booking is
    'Reschedules a booking that is confirmed, or held to be charged later, to another open time and returns the replacement: '
    'confirmed, or held until amount_cents is paid (the '
    'original stays until then), or requested; or proposed, if the instructor or an admin moves it: the original stays until the learner '
    'calls accept_proposal, which they can until hold_expires_at. An original that cannot be kept is cancelled with cancel_booking. '
    'refund_cents is the refund for a cheaper time. A learner may do so while cancelling would refund in full. Errors: sign_in_required, '
    'booking_not_found, booking_not_reschedulable, same_time, too_late_to_reschedule, payment_does_not_last, client_key_reused, '
    'time_is_plausible, slot_in_the_past, service_inactive, instructor_unavailable, too_short_notice, too_far_ahead, insufficient_credit, '
    'credit_changed, amount_too_small, amount_too_large, price_missing, too_many_holds, too_many_held_lessons, too_many_unpaid_holds, '
    'not_paid_later, too_many_lessons_paid_later, lesson_was_not_paid, slot_taken, time_not_offered, learner_busy, and the rules of '
    'public.bookings.';

create function public.list_reschedule_times(
    p_booking_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_limit integer default 500,
    p_after timestamptz default null
)
    returns table (
        start_at timestamptz,
        end_at timestamptz,
        local_start timestamp,
        local_end timestamp,
        time_zone text,
        seats_left integer,
        amount_cents bigint
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        free.start_at, free.end_at, free.local_start, free.local_end, free.time_zone, free.seats_left, free.amount_cents
    from private.list_reschedule_times(p_booking_id, p_from, p_to, p_limit, p_after) free;
end;

comment on function public.list_reschedule_times is
    'The times to which reschedule_booking would move a booking at this instant, from p_from (inclusive) to p_to (exclusive), at most 62 '
    'days, and what is left to pay for each, in pages of p_limit, at most 1,000. For the next page send start_at of the last row as '
    'p_after; a page with fewer rows is the last. Errors: sign_in_required, bad_time_range, booking_not_found, '
    'booking_not_reschedulable, too_late_to_reschedule, payment_does_not_last.';

create function public.request_refund(
    p_booking_id uuid,
    p_amount_cents bigint,
    p_reason text,
    p_client_key text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.request_refund(p_booking_id, p_amount_cents, p_reason, p_client_key);

comment on function public.request_refund is
    'Requests a refund in the minor unit and returns its id; an admin decides. For the learner and guardians who may pay. '
    'Errors: sign_in_required, payment_not_found, bad_amount, paid_outside, payment_disputed, refund_exceeds_payment, client_key_reused, '
    'too_many_refund_requests, value_missing, and the rules of public.refunds.';

create function public.decide_refund(p_refund_id uuid, p_is_granted boolean, p_note text default null)
    returns public.refund_status
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.decide_refund(p_refund_id, p_is_granted, p_note);

comment on function public.decide_refund is
    'Grants or declines a requested refund; for the organization''s admins, but for whoever would get it. p_note is kept in the audit log. '
    'A school grants what its payees have not been paid out yet; beyond that the platform decides. '
    'Errors: sign_in_required, refund_not_found, value_missing, not_yours_to_decide, payment_disputed, refund_exceeds_payment, '
    'refund_exceeds_balance.';

create function public.admin_refund(
    p_payment_id uuid,
    p_amount_cents bigint,
    p_reason text,
    p_client_key text default null,
    p_booking_id uuid default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_refund(p_payment_id, p_amount_cents, p_reason, p_client_key, p_booking_id);

comment on function public.admin_refund is
    'Refunds a payment in part or in full, in the minor unit, and returns the refund''s id; for platform admins. p_booking_id names the '
    'lesson where a payment pays for several, or for the hours that the lesson used. Errors: '
    'not_an_admin, reason_required, payment_not_found, bad_amount, refund_by_minutes, lesson_not_named, paid_outside, '
    'payment_disputed, refund_exceeds_payment, client_key_reused, and the rules of public.refunds.';

create function public.admin_record_refund(
    p_payment_id uuid,
    p_amount_cents bigint,
    p_reason text,
    p_client_key text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_record_refund(p_payment_id, p_amount_cents, p_reason, p_client_key);

comment on function public.admin_record_refund is
    'Records a refund that was made another way than through Stripe, from the platform''s bank account, and returns its id. Of prepaid '
    'hours it takes the minutes that the amount pays back. The next jobs maintain posts it. Platform admins only. Errors: '
    'not_an_admin, reason_required, payment_not_found, bad_amount, payment_disputed, refund_exceeds_payment, client_key_reused, '
    'and the rules of public.refunds.';

create function public.offboard_instructor(p_instructor_id uuid, p_reason text default null)
    returns table (
        credit_id uuid, learner_id uuid, minutes integer, amount_cents bigint, currency text, refund_id uuid
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select lot.credit_id, lot.learner_id, lot.minutes, lot.amount_cents, lot.currency, lot.refund_id
    from private.offboard_instructor(p_instructor_id, p_reason) lot;
end;

comment on function public.offboard_instructor is
    'Deactivates an instructor: cancels the lessons ahead with full refunds, refunds the hours that learners have left, and '
    'returns one row a refunded lot; for the organization''s admins. Errors: sign_in_required, instructor_not_found.';

create function public.reassign_booking(p_booking_id uuid, p_instructor_id uuid, p_service_id uuid default null)
    returns table (
        booking_id uuid,
        booking_status public.booking_status,
        amount_cents bigint,
        currency text,
        refund_cents bigint,
        restored_minutes integer
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        (reassigned.booking).id as booking_id,
        (reassigned.booking).status as booking_status,
        (reassigned.booking).due_cents as amount_cents,
        (reassigned.booking).currency as currency,
        reassigned.refund_cents,
        reassigned.restored_minutes
    from private.reassign_booking(p_booking_id, p_instructor_id, p_service_id) reassigned;
end;

comment on function public.reassign_booking is
    'Gives a lesson ahead to another instructor of the school, whose own has left or cannot come; for the school''s admins. The lesson is '
    'cancelled with all of its money back, and the same time with the other instructor is proposed to the learner, who is told and need not '
    'accept. p_service_id names the lesson if the other instructor gives it under another; amount_cents is what it costs there. '
    'Errors: sign_in_required, booking_not_found, booking_not_cancellable, too_late_to_reschedule, service_not_found, not_another_instructor, '
    'not_a_learner_here, '
    'consent_required, service_inactive, instructor_unavailable, too_short_notice, too_far_ahead, own_lesson, slot_taken, '
    'time_not_offered, price_missing, amount_too_small, amount_too_large, too_many_holds, too_many_held_lessons, '
    'too_many_unpaid_holds, learner_busy, and the rules of public.bookings.';

create function public.withdraw_from_order(p_order_id uuid)
    returns setof public.order_withdrawals
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        receipt.id, receipt.org_id, receipt.order_id, receipt.learner_id, receipt.instructor_id, receipt.currency, receipt.refund_cents,
        receipt.restored_minutes, receipt.refunded_minutes, receipt.booking_ids, receipt.withdrawn_by, receipt.created_at
    from private.withdraw_from_order(p_order_id) receipt;
end;

comment on function public.withdraw_from_order is
    'Withdraws from an order within 14 days, where orders.withdrawal_mode lets consumers do so, and returns the receipt, which stays in '
    'order_withdrawals: lessons not given and unused hours go back in full with their fee, lessons given are kept. While a payment is '
    'disputed its bank decides, and what it leaves goes back then. For the learner, or a guardian who may pay. Calling again returns the '
    'same receipt. Errors: sign_in_required, order_not_found, no_withdrawal, withdrawal_too_late, nothing_to_withdraw, payment_disputed, '
    'insufficient_credit, bad_minutes, refund_exceeds_payment, client_key_reused.';
