create function public.list_open_slots(
    p_instructor_id uuid,
    p_service_id uuid,
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
        slot_id uuid,
        seats_left integer
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        open_slot.start_at, open_slot.end_at, open_slot.local_start, open_slot.local_end,
        open_slot.time_zone, open_slot.slot_id, open_slot.seats_left
    from private.list_open_slots(p_instructor_id, p_service_id, p_from, p_to, p_limit, p_after) open_slot;
end;

comment on function public.list_open_slots is
    'The times at which a service of an instructor can be booked at this instant, from p_from (inclusive) to p_to (exclusive), at most 62 days: '
    'in UTC and in the instructor''s local time, in pages of p_limit, at most 1,000. For the next page send start_at of the last row as p_after; '
    'a page with fewer rows is the last. slot_id is null unless the time was published. Errors: service_not_found, bad_time_range.';

create function public.quote_booking(
    p_service_id uuid,
    p_instructor_id uuid default null,
    p_start_at timestamptz default null,
    p_use_credits boolean default false,
    p_learner_id uuid default null
)
    returns table (line_item text, amount_cents bigint, currency text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select quoted.line_item, quoted.amount_cents, quoted.currency
    from private.quote_booking(p_service_id, p_instructor_id, p_start_at, p_use_credits, p_learner_id) quoted;
end;

comment on function public.quote_booking is
    'The price of a lesson for the learner, as lines that sum exactly to what is charged, in the minor unit. p_instructor_id is needed for a '
    'service that any instructor of the school gives; p_start_at (default: now) chooses the rate card. '
    'With p_use_credits the prepaid hours of the caller, or of p_learner_id, pay as much as they can: the line prepaid_hours takes that off. '
    'Errors: service_not_found, price_missing, amount_too_small, amount_too_large, time_is_plausible, discount_with_credit, '
    'insufficient_credit.';

create function public.create_booking_with_payment(
    p_learner_user_id uuid,
    p_slot_id uuid,
    p_notes text default null,
    p_client_key text default null,
    p_learner_id uuid default null,
    p_pickup jsonb default null,
    p_dropoff jsonb default null,
    p_discount_code text default null,
    p_use_credits boolean default false,
    p_use_rewards boolean default false,
    p_pay_rest_by_card boolean default false
)
    returns table (booking_id uuid, amount_cents integer, currency text, expert_id uuid, session_id uuid, order_id uuid)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        booking.id,
        booking.due_cents::integer,
        booking.currency,
        booking.instructor_id,
        booking.service_id,
        booking.order_id
    from private.create_booking_with_payment(
        p_learner_user_id,
        p_slot_id,
        p_learner_id,
        row(
            p_notes, p_client_key, p_pickup, p_dropoff, p_discount_code, p_use_rewards, p_use_credits, null, null, null,
            p_pay_rest_by_card, false, null
        )::private.booking_request
    ) booking;
end;

comment on function public.create_booking_with_payment is
    'Books a published slot and returns one row: the booking, what is due in the minor unit, its currency, the instructor''s and the '
    'service''s id, and the order that is paid. The learner is the caller, or with p_learner_id one whose guardian or school admin the '
    'caller is. Pickup and dropoff are {"address", "lat", "lng"}. The time is reserved for the organization''s checkout minutes; pay '
    'through POST /payment-intents. p_discount_code is a code that the caller has checked; p_use_credits pays everything with prepaid '
    'hours, or with p_pay_rest_by_card as much as they pay: the rest is due; p_use_rewards takes the learner''s rewards off. If nothing is '
    'due, the booking is confirmed already. Calling again with the same p_client_key and slot '
    'returns the same booking. Errors: sign_in_required, not_yourself, may_not_book, not_a_learner_here, consent_required, '
    'slot_not_found, client_key_reused, slot_in_the_past, service_inactive, instructor_unavailable, too_short_notice, too_far_ahead, '
    'own_lesson, code_not_checked, code_not_valid, one_discount_at_a_time, discount_with_credit, insufficient_credit, credit_changed, '
    'price_missing, amount_too_small, amount_too_large, too_many_holds, '
    'too_many_held_lessons, too_many_unpaid_holds, slot_taken, learner_busy, learner_spends, bad_place, and the '
    'rules of public.bookings.';

create function public.request_booking(
    p_instructor_id uuid,
    p_service_id uuid,
    p_start_at timestamptz,
    p_notes text default null,
    p_client_key text default null,
    p_learner_user_id uuid default null,
    p_learner_id uuid default null,
    p_pickup jsonb default null,
    p_dropoff jsonb default null,
    p_discount_code text default null,
    p_use_credits boolean default false,
    p_use_rewards boolean default false,
    p_pay_rest_by_card boolean default false
)
    returns table (
        booking_id uuid,
        status public.booking_status,
        amount_cents bigint,
        currency text,
        hold_expires_at timestamptz,
        order_id uuid
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        booking.id,
        booking.status,
        booking.due_cents,
        booking.currency,
        booking.hold_expires_at,
        booking.order_id
    from private.request_booking(
        p_instructor_id,
        p_service_id,
        p_start_at,
        p_learner_user_id,
        p_learner_id,
        row(
            p_notes, p_client_key, p_pickup, p_dropoff, p_discount_code, p_use_rewards, p_use_credits, null, null, null,
            p_pay_rest_by_card, false, null
        )::private.booking_request
    ) booking;
end;

comment on function public.request_booking is
    'Books any time that list_open_slots lists. status: held (pay until hold_expires_at), requested (the instructor answers until then), '
    'proposed (a school has booked for an adult, who answers until then) or confirmed (nothing is due). All other parameters are as in '
    'create_booking_with_payment. Errors: sign_in_required, service_not_found, not_yourself, may_not_book, not_a_learner_here, '
    'consent_required, client_key_reused, time_is_plausible, slot_in_the_past, service_inactive, instructor_unavailable, '
    'too_short_notice, too_far_ahead, own_lesson, code_not_checked, code_not_valid, one_discount_at_a_time, discount_with_credit, '
    'insufficient_credit, credit_changed, price_missing, amount_too_small, amount_too_large, too_many_holds, '
    'too_many_held_lessons, too_many_unpaid_holds, slot_taken, '
    'time_not_offered, learner_busy, learner_spends, bad_place, and the rules of public.bookings.';

create function public.request_booking_series(
    p_instructor_id uuid,
    p_service_id uuid,
    p_start_at timestamptz,
    p_occurrences integer,
    p_every_weeks integer default 1,
    p_mode public.series_mode default 'all_or_nothing',
    p_learner_user_id uuid default null,
    p_learner_id uuid default null,
    p_notes text default null,
    p_use_credits boolean default false
)
    returns table (occurrence integer, start_at timestamptz, booking_id uuid, refusal text, order_id uuid)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select series.occurrence, series.start_at, series.booking_id, series.refusal, series.order_id
    from private.request_booking_series(
        p_instructor_id, p_service_id, p_start_at, p_occurrences, p_every_weeks, p_mode,
        p_learner_user_id, p_learner_id, p_notes, p_use_credits
    ) series;
end;

comment on function public.request_booking_series is
    'Books the same local time of the instructor every p_every_weeks, p_occurrences (2 to 52) times. all_or_nothing: one refusal refuses '
    'all; skip_conflicts: times that are not open are left out, and their rows say why in refusal. order_id is the order that one payment '
    'pays. A series counts as one unpaid booking. '
    'Errors: sign_in_required, service_not_found, value_missing, not_yourself, may_not_book, not_a_learner_here, consent_required, '
    'client_key_reused, time_is_plausible, slot_in_the_past, service_inactive, instructor_unavailable, too_short_notice, too_far_ahead, '
    'own_lesson, insufficient_credit, credit_changed, price_missing, amount_too_small, amount_too_large, too_many_holds, '
    'too_many_held_lessons, too_many_unpaid_holds, slot_taken, '
    'time_not_offered, learner_busy, learner_spends, bad_place, and the rules of public.bookings and public.booking_series.';

create function public.confirm_booking(p_booking_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.confirm_booking(p_booking_id);

comment on function public.confirm_booking is
    'Accepts a request; for its instructor or an admin. The learner then has the service''s approval hours to pay. '
    'Errors: sign_in_required, booking_not_found, booking_not_requested, instructor_unavailable.';

create function public.decline_booking(p_booking_id uuid, p_reason text default null)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.decline_booking(p_booking_id, p_reason);

comment on function public.decline_booking is
    'Declines a request, which frees its time; for its instructor or an admin. Errors: sign_in_required, booking_not_found, booking_not_requested.';

create function public.accept_proposal(p_booking_id uuid, p_use_credits boolean default false)
    returns public.booking_status
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.accept_proposal(p_booking_id, p_use_credits);

comment on function public.accept_proposal is
    'Accepts what the school has booked for the caller, or for a learner for whom the caller may book, or the time to which their lesson '
    'would move, and returns the status: held until it is paid, or confirmed. p_use_credits pays with prepaid hours what is new; a '
    'move keeps what its original was paid with. For two hours cancelling then costs nothing, but of a time that '
    'was offered from the waiting list. Errors: sign_in_required, booking_not_found, booking_not_proposed, booking_not_reschedulable, '
    'not_yourself, may_not_book, not_a_learner_here, consent_required, instructor_unavailable, too_many_holds, too_many_held_lessons, '
    'too_many_unpaid_holds, learner_busy, learner_spends, discount_with_credit, insufficient_credit, credit_changed, '
    'price_missing, amount_too_small, amount_too_large.';

create function public.decline_proposal(p_booking_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.decline_proposal(p_booking_id);

comment on function public.decline_proposal is
    'Declines what the school has booked for the caller, or for a learner for whom the caller may book, or the time to which their lesson '
    'would move: that stays where it is. It frees the time and costs nothing. Errors: sign_in_required, booking_not_found, booking_not_proposed.';

create function public.set_cancellation_policy(p_org_id uuid, p_tiers jsonb)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_cancellation_policy(p_org_id, p_tiers);

comment on function public.set_cancellation_policy is
    'Sets the refunds for cancelling bookings made from now on, and returns the new version''s id; for the organization''s admins. p_tiers: '
    '[{"notice_minutes": 1440, "refund_bps": 10000}, …]; shorter notice than every tier is refunded nothing, and so is any after the start. '
    'Errors: sign_in_required, organization_not_found, bad_tiers, value_missing, and the rules of public.cancellation_tiers.';

create function public.cancellation_policy(p_org_id uuid)
    returns table (notice_minutes integer, refund_bps integer)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select tier.notice_minutes, tier.refund_bps from private.cancellation_policy(p_org_id) tier;
end;

comment on function public.cancellation_policy is
    'The refunds for cancelling a booking that is made now with an organization, by notice, in basis points of what was paid.';
