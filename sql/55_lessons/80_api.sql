create function public.start_lesson(p_booking_id uuid)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.start_lesson(p_booking_id);

comment on function public.start_lesson is
    'Starts the lesson of a confirmed booking, at most 15 minutes early, and returns the lesson''s id; for its instructor or an admin. '
    'Errors: sign_in_required, booking_not_found, booking_not_confirmed, too_early, too_late.';

create function public.complete_lesson(p_booking_id uuid, p_notes text default null)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.complete_lesson(p_booking_id, p_notes);

comment on function public.complete_lesson is
    'Completes a lesson and returns its id; the instructor''s share becomes payable after the organization''s payout hold. For its '
    'instructor and admins from the scheduled end on; for the learner and guardians who may book from the start on. p_notes is the '
    'instructor''s summary for the learner. Errors: sign_in_required, booking_not_found, booking_not_confirmed, too_early, claim_open, and '
    'the rules of public.lessons.';

create function public.write_lesson_notes(p_booking_id uuid, p_notes text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.write_lesson_notes(p_booking_id, p_notes);

comment on function public.write_lesson_notes is
    'Writes the instructor''s summary of a lesson for the learner, or another in its place, from its start until 14 days after its end, '
    'whoever completed it; null removes it. For its instructor and admins. Errors: sign_in_required, booking_not_found, lesson_not_begun, '
    'too_late, and the rules of public.lessons.';
