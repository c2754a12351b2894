-- Adds an alert for an organization's admins and, if named, an instructor or a learner; once for each idempotency key.
create function private.raise_alert(
    p_org_id uuid,
    p_instructor_id uuid,
    p_code text,
    p_message text,
    p_related_type text,
    p_related_id uuid,
    p_idempotency_key text,
    p_learner_id uuid default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    insert into public.alerts (org_id, instructor_id, learner_id, code, message, related_type, related_id, idempotency_key)
    values (p_org_id, p_instructor_id, p_learner_id, p_code, p_message, p_related_type, p_related_id, p_idempotency_key)
    on conflict (org_id, idempotency_key) do nothing;
$$;

-- Marks an alert as resolved; for the people whom it addresses. Definer: nobody writes alerts directly.
create function private.resolve_alert(p_alert_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();

    update public.alerts
    set resolved_at = private.clock()
    where id = p_alert_id
        and resolved_at is null
        and (
            org_id = any (private.my_admin_org_ids())
            or instructor_id = any (private.my_instructor_ids())
            or learner_id = any (private.my_family_ids())
            or (org_id = private.platform_id() and private.is_platform_admin())
        );

    if not found then
        perform private.refuse(
            'PT404', 'alert_not_found',
            'There is no open alert with that id for you.',
            'Reload the list of alerts.'
        );
    end if;
end;
$$;
