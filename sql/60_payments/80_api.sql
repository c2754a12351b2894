create function public.record_payment_outside(
    p_booking_id uuid,
    p_method public.outside_payment_method default 'cash',
    p_reason text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.record_payment_outside(p_booking_id, p_method, p_reason);

comment on function public.record_payment_outside is
    'Records that a held lesson was paid in cash or by bank transfer, which confirms it: for its instructor and the school''s admins, and for '
    'platform admins with a reason; never by the learner''s side. The money stays with who got it, the platform''s fee is deducted from '
    'what they earn once the lesson has ended, and what a cancellation gives back they do. Returns the id in outside_payments; recording it '
    'again has no effect. Errors: sign_in_required, booking_not_found, own_payment, not_an_admin, second_factor_required, reason_required, '
    'unknown_method, hold_expired, order_not_payable, not_payable_outside, slot_taken.';
