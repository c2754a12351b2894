create function public.resolve_alert(p_alert_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.resolve_alert(p_alert_id);

comment on function public.resolve_alert is
    'Marks an alert as resolved; for the people whom it addresses. Errors: sign_in_required, alert_not_found.';
