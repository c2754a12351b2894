create function public.create_booking_with_payment(
    p_learner_user_id uuid,
    p_slot_id uuid,
    p_notes text default null,
    p_client_key text default null
)
    returns table (booking_id uuid, amount_cents integer, currency text, expert_id uuid, session_id uuid)
    language sql
    volatile
    security invoker
    set search_path = ''
begin atomic
    select
        booking.id,
        booking.due_cents::integer,
        booking.currency,
        booking.instructor_id,
        booking.service_id
    from private.create_booking_with_payment(p_learner_user_id, p_slot_id, p_notes, p_client_key) booking;
end;

comment on function public.create_booking_with_payment is
    'Books a published slot for the caller and returns one row: the booking, what is due in the minor unit, its currency, the '
    'instructor''s and the service''s id. The time is kept for the organization''s checkout minutes; pay it through POST /payment-intents. '
    'Nothing due means that the booking is confirmed already. The same p_client_key and slot again return the same booking. '
    'Errors: sign_in_required, not_yourself, slot_not_found, not_a_learner_here, client_key_reused, slot_in_the_past, service_inactive, '
    'instructor_unavailable, too_short_notice, too_far_ahead, own_lesson, service_has_no_price, amount_too_small, amount_too_large, '
    'too_many_holds, slot_taken, learner_busy.';
