-- What learners do with hours that they do not use.

create function public.refund_credits(
    p_credit_id uuid,
    p_minutes integer default null,
    p_reason text default null,
    p_client_key text default null
)
    returns table (refund_id uuid, minutes integer, amount_cents bigint, currency text)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select made.refund_id, made.minutes, made.amount_cents, made.currency
    from private.refund_credits(p_credit_id, p_minutes, p_reason, p_client_key) made;
end;

comment on function public.refund_credits is
    'Refunds unused minutes of a credit lot, all of them if p_minutes is null, at the price paid; for the learner, a '
    'guardian who may pay, and admins. Errors: sign_in_required, credit_not_found, bad_minutes, payment_disputed, '
    'insufficient_credit, client_key_reused, refund_exceeds_payment, and the rules of public.refunds.';

create function public.transfer_credit(
    p_credit_id uuid,
    p_instructor_id uuid,
    p_minutes integer default null,
    p_service_id uuid default null,
    p_client_key text default null
)
    returns table (
        refund_id uuid,
        refunded_minutes integer,
        refund_cents bigint,
        credit_id uuid,
        minutes integer,
        amount_cents bigint,
        currency text,
        hold_expires_at timestamptz
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        moved.refund_id, moved.refunded_minutes, moved.refund_cents, moved.credit_id, moved.minutes, moved.amount_cents,
        moved.currency, moved.hold_expires_at
    from private.transfer_hours(p_credit_id, p_instructor_id, p_minutes, p_service_id, p_client_key) moved;
end;

comment on function public.transfer_credit is
    'Moves unused minutes of a lot, all of them if p_minutes is null, to another instructor of the organization in one step: they are '
    'refunded at the price paid, and as many are ordered at today''s price of the other instructor, to be paid through POST /payment-intents '
    'until hold_expires_at. For those who may refund and buy. Errors: sign_in_required, credit_not_found, bad_minutes, payment_disputed, '
    'insufficient_credit, client_key_reused, refund_exceeds_payment, instructor_not_found, service_not_found, bad_hours, not_whole_lessons, '
    'not_yourself, may_not_book, own_lesson, learner_spends, not_a_learner_here, consent_required, price_missing, amount_too_small, '
    'amount_too_large, nothing_to_sell, and the rules of public.refunds and public.learner_credits.';
