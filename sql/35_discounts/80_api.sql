create function public.check_discount_code(
    p_code text,
    p_service_id uuid,
    p_instructor_id uuid default null,
    p_start_at timestamptz default null,
    p_learner_id uuid default null
)
    returns table (is_valid boolean, discount_cents bigint, total_cents bigint, currency text)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select answer.is_valid, answer.discount_cents, answer.total_cents, answer.currency
    from private.check_discount_code(p_code, p_service_id, p_instructor_id, p_start_at, p_learner_id) answer;
end;

comment on function public.check_discount_code is
    'What a discount or referral code takes off a lesson, and what is left to pay, in the minor unit. is_valid is false for any code that '
    'the learner cannot use now, whatever the reason. Whoever books with a code must have checked it within the last day. Errors: '
    'sign_in_required, service_not_found, not_yourself, may_not_book, not_a_learner_here, consent_required, too_many_guesses, '
    'time_is_plausible.';

create function public.create_referral_code(p_org_id uuid default null)
    returns table (code text, discount_bps integer, reward_cents bigint, currency text)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select made.code, made.discount_bps, made.reward_cents, made.currency
    from private.create_referral_code(p_org_id) made;
end;

comment on function public.create_referral_code is
    'Returns the caller''s own referral code in an organization (default: the marketplace), the same one each time. Another person who uses it '
    'gets discount_bps of the list price off the first lesson, and the caller gets reward_cents once that lesson is completed and paid. '
    'Errors: sign_in_required, not_a_learner_here, no_referral_programme.';

create function public.admin_create_discount_code(
    p_code text,
    p_reason text,
    p_org_id uuid default null,
    p_amount_cents bigint default null,
    p_currency text default null,
    p_discount_bps integer default null,
    p_may_exceed_fee boolean default false,
    p_max_uses integer default null,
    p_max_uses_per_learner integer default 1,
    p_is_first_lesson_only boolean default false,
    p_starts_at timestamptz default null,
    p_expires_at timestamptz default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_create_discount_code(
    row(
        null, p_org_id, p_code, p_amount_cents, p_currency, p_discount_bps, p_may_exceed_fee, p_max_uses, null,
        p_max_uses_per_learner, p_is_first_lesson_only, p_starts_at, p_expires_at, null, null, null
    )::public.discount_codes,
    p_reason
);

comment on function public.admin_create_discount_code is
    'Adds a discount code, which the platform pays for, and returns its id; for platform admins. Give either p_amount_cents with p_currency, or '
    'p_discount_bps. Without p_org_id the code can be used everywhere. Errors: not_an_admin, reason_required, unknown_currency, '
    'organization_not_found, code_exists, value_missing, and the rules of public.discount_codes.';

create function public.admin_end_discount_code(p_discount_code_id uuid, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_end_discount_code(p_discount_code_id, p_reason);

comment on function public.admin_end_discount_code is
    'Ends a discount code for new bookings; for platform admins. Errors: not_an_admin, reason_required, code_not_found.';
