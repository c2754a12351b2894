create function public.admin_replay_event(p_event_id text, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_replay_event(p_event_id, p_reason);

comment on function public.admin_replay_event is
    'Marks a parked Stripe event (evt_…) to be applied again by the next jobs maintain; platform admins only. '
    'Errors: not_an_admin, reason_required, event_not_found, event_body_is_gone.';

create function public.admin_dismiss_event(p_event_id text, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_dismiss_event(p_event_id, p_reason);

comment on function public.admin_dismiss_event is
    'Marks a parked Stripe event (evt_…) as ignored, so that nobody has to look at it again; platform admins only. '
    'Errors: not_an_admin, reason_required, event_not_found.';
