create function public.join_waiting_list(
    p_instructor_id uuid default null,
    p_service_id uuid default null,
    p_days integer[] default '{0,1,2,3,4,5,6}',
    p_from_time time default '00:00',
    p_to_time time default '24:00',
    p_until_date date default null,
    p_max_total_cents bigint default null,
    p_learner_id uuid default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.join_waiting_list(
    p_instructor_id, p_service_id, p_days, p_from_time, p_to_time, p_until_date, p_max_total_cents, p_learner_id
);

comment on function public.join_waiting_list is
    'Waits for lessons of an instructor, of a service, or of both, that become free on these days (0 is Sunday) between these hours of the '
    'instructor''s time zone, and returns the entry''s id. Such a time is offered to those who wait one after another, as a proposed '
    'booking that keeps it for two hours, with an alert time_offered: the learner calls accept_proposal, and pays. For whom the caller may '
    'book. Services that ask for approval are not offered. Errors: sign_in_required, service_not_found, not_yourself, may_not_book, '
    'not_a_learner_here, consent_required, too_many_entries, value_missing, value_out_of_range, and the rules of '
    'public.waiting_list_entries.';

create function public.leave_waiting_list(p_entry_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.leave_waiting_list(p_entry_id);

comment on function public.leave_waiting_list is
    'Takes a learner off the waiting list; for the learner, guardians who may book, and admins. Errors: sign_in_required, entry_not_found.';
