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
