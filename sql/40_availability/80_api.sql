create function public.publish_slots(
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_instructor_id uuid default null
)
    returns integer
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.publish_slots(p_service_id, p_from, p_to, p_instructor_id);

comment on function public.publish_slots is
    'Publishes the times of the instructor''s opening hours from p_from (inclusive) to p_to (exclusive) as slots of a service, and returns '
    'how many are new. p_instructor_id is needed for a service that any instructor of the school gives. An instructor has at most 20,000 '
    'published times ahead, and 500 before being verified. Errors: sign_in_required, service_not_found, bad_time_range, too_many_slots.';

create function public.unpublish_slots(
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_instructor_id uuid default null
)
    returns integer
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.unpublish_slots(p_service_id, p_from, p_to, p_instructor_id);

comment on function public.unpublish_slots is
    'Withdraws the free slots of a service from p_from (inclusive) to p_to (exclusive) and returns how many. A booked slot is withdrawn '
    'when it becomes free. '
    'Errors: sign_in_required, service_not_found, bad_time_range.';

create function public.add_busy_time(
    p_instructor_id uuid,
    p_start_at timestamptz,
    p_end_at timestamptz,
    p_note text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.add_busy_time(p_instructor_id, p_start_at, p_end_at, p_note);

comment on function public.add_busy_time is
    'Keeps a time free of lessons, such as one from the instructor''s own calendar, and returns its id; for the instructor and the '
    'organization''s admins. Nothing in it is listed or can be booked, in any organization. Errors: sign_in_required, instructor_not_found, '
    'instructor_busy, too_many_busy_times, time_is_plausible, value_missing, and the rules of public.busy_times.';

create function public.remove_busy_time(p_busy_time_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.remove_busy_time(p_busy_time_id);

comment on function public.remove_busy_time is
    'Gives a busy time back to lessons; for the instructor and the organization''s admins. Errors: sign_in_required, busy_time_not_found.';
