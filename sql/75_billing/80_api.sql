create function public.request_series_paid_later(
    p_instructor_id uuid,
    p_service_id uuid,
    p_start_at timestamptz,
    p_occurrences integer,
    p_every_weeks integer default 1,
    p_mode public.series_mode default 'all_or_nothing',
    p_learner_user_id uuid default null,
    p_learner_id uuid default null,
    p_notes text default null
)
    returns table (
        occurrence integer, start_at timestamptz, booking_id uuid, refusal text, order_id uuid, collect_at timestamptz, hold_expires_at timestamptz
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        series.occurrence, series.start_at, series.booking_id, series.refusal, series.order_id, series.collect_at, series.hold_expires_at
    from private.request_series_paid_later(
        p_instructor_id, p_service_id, p_start_at, p_occurrences, p_every_weeks, p_mode, p_learner_user_id, p_learner_id, p_notes
    ) series;
end;

comment on function public.request_series_paid_later is
    'Books a series as request_booking_series does, of which each lesson is an order of its own: held, and charged to the caller''s default '
    'card at collect_at, two days before it. A failed charge is told and tried once more a day later; then the time is free again. Until '
    'hold_expires_at a lesson can be paid through POST /payment-intents as well, as one must that has no collect_at. For the learner, or a '
    'guardian who may book and pay, where the organization sells so (max_lessons_paid_later). '
    'Errors: sign_in_required, no_saved_card, not_paid_later, too_many_lessons_paid_later, lesson_was_not_paid, service_not_found, '
    'value_missing, not_yourself, may_not_book, not_a_learner_here, consent_required, time_is_plausible, slot_in_the_past, '
    'service_inactive, instructor_unavailable, too_short_notice, too_far_ahead, own_lesson, price_missing, amount_too_small, '
    'amount_too_large, too_many_holds, too_many_held_lessons, too_many_unpaid_holds, slot_taken, time_not_offered, learner_busy, '
    'learner_spends, and the rules of public.bookings and public.booking_series.';

create function public.set_default_payment_method(p_payment_method_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_default_payment_method(p_payment_method_id);

comment on function public.set_default_payment_method is
    'Makes a saved card of the caller''s the one that invoices are paid with, those of live subscriptions too; payment_methods.is_default '
    'follows within seconds. '
    'Errors: sign_in_required, payment_method_not_found.';

create function public.remove_payment_method(p_payment_method_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.remove_payment_method(p_payment_method_id);

comment on function public.remove_payment_method is
    'Removes a saved card of the caller''s for ever; its row goes within seconds. Errors: sign_in_required, payment_method_not_found.';

create function public.has_entitlement(p_feature text)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
return p_feature = any (private.my_features());

comment on function public.has_entitlement is
    'Whether a subscription of the caller''s gives a feature now, in the days of grace of an unpaid period too. In a policy: '
    '(select public.has_entitlement(''reports'')), so that it is asked once a statement.';

create function public.withdraw_from_subscription(p_subscription_id uuid)
    returns table (refund_cents bigint, currency text)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select withdrawn.refund_cents, withdrawn.currency from private.withdraw_from_subscription(p_subscription_id) withdrawn;
end;

comment on function public.withdraw_from_subscription is
    'Ends a subscription of the caller''s at once, until its cooling_off_ends_at, and gives back what was paid for the period that it began '
    'with or was renewed for. Returns what goes back; the row follows within seconds. Errors: sign_in_required, subscription_not_found, '
    'cooling_off_is_over.';

create function public.admin_set_instructor_fee(
    p_org_id uuid,
    p_amount_cents bigint,
    p_reason text,
    p_period public.instructor_fee_period default 'month'
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_set_instructor_fee(p_org_id, p_amount_cents, p_period, p_reason);

comment on function public.admin_set_instructor_fee is
    'Charges each active, verified instructor of an organization a fee by the week (from Monday) or month, in advance, in the organization''s '
    'currency: an earning below zero, deducted from the next payout. It begins with the first period after the one that is charged already; '
    'null ends it then. Returns the id in instructor_fee_plans. For platform admins. Errors: not_an_admin, '
    'second_factor_required, reason_required, organization_not_found, value_missing, and the rules of public.instructor_fee_plans.';
