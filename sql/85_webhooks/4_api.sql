create function public.admin_replay_event(p_event_id text, p_reason text)
    returns text
    language sql
    volatile
    security invoker
    set search_path = ''
return private.admin_replay_event(p_event_id, p_reason);

comment on function public.admin_replay_event is
    'Applies a parked Stripe event (evt_…) again and returns processed, ignored or parked; platform admins only. '
    'Errors: not_an_admin, reason_required, event_not_found, event_body_is_gone.';
