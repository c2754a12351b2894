create function public.buy_credits(
    p_instructor_id uuid,
    p_hours numeric,
    p_service_id uuid default null,
    p_learner_id uuid default null,
    p_discount_code text default null,
    p_client_key text default null
)
    returns table (credit_id uuid, amount_cents bigint, currency text, status public.credit_status, hold_expires_at timestamptz)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select credit.id, credit.total_cents, credit.currency, credit.status, credit.hold_expires_at
    from private.buy_credits(
        p_instructor_id, p_hours, p_service_id, p_learner_id, p_discount_code, p_client_key
    ) credit;
end;

comment on function public.buy_credits is
    'Buys hours with an instructor at today''s price, which stays as it is: for lessons priced by the hourly rate, or with p_service_id '
    'for that service. The learner is the caller, or with p_learner_id one whose guardian or school admin the caller is. Pay through POST '
    '/payment-intents until hold_expires_at. Errors: sign_in_required, instructor_not_found, service_not_found, bad_hours, '
    'not_whole_lessons, not_yourself, may_not_book, own_lesson, learner_spends, not_a_learner_here, consent_required, client_key_reused, '
    'code_not_checked, code_not_valid, price_missing, amount_too_small, amount_too_large, nothing_to_sell, and the rules of public.learner_credits.';
