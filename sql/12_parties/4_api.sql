create function public.become_instructor(
    p_display_name text,
    p_hourly_rate_cents bigint,
    p_currency text default null,
    p_bio text default null,
    p_time_zone text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = ''
return private.become_instructor(p_display_name, p_hourly_rate_cents, p_currency, p_bio, p_time_zone);

comment on function public.become_instructor is
    'Makes the caller an instructor of the marketplace and returns the instructor''s id. p_hourly_rate_cents is the price of '
    '60 minutes in the minor unit. Currency and time zone default to the marketplace''s. Errors: sign_in_required, '
    'already_an_instructor, unknown_currency.';

create function public.admin_verify_instructor(
    p_instructor_id uuid,
    p_verification_status public.verification_status,
    p_reason text
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
return private.admin_verify_instructor(p_instructor_id, p_verification_status, p_reason);

comment on function public.admin_verify_instructor is
    'Verifies or rejects an instructor; platform admins only. Errors: not_an_admin, reason_required, instructor_not_found.';
