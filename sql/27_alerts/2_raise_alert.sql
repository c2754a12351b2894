-- Tells a payee and the admins of something, once a dedupe key.
create function private.raise_alert(
    p_org_id uuid,
    p_instructor_id uuid,
    p_code text,
    p_message text,
    p_related_type text,
    p_related_id uuid,
    p_dedupe_key text
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    insert into public.alerts (org_id, instructor_id, code, message, related_type, related_id, dedupe_key)
    values (p_org_id, p_instructor_id, p_code, p_message, p_related_type, p_related_id, p_dedupe_key)
    on conflict (dedupe_key) do nothing;
$$;
