-- Notes what an admin decided about a row of a table that is too busy to be audited whole. The caller has required the
-- admin, and with it the reason.
create function private.record_decision(p_entity_type text, p_entity_id text, p_old_values jsonb, p_new_values jsonb)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    insert into public.audit_logs (
        entity_type, entity_id, action, old_values, new_values, user_id, actor_kind, reason, ip, request_id
    )
    select
        p_entity_type, p_entity_id, 'update', p_old_values, p_new_values,
        actor.user_id, actor.kind, actor.reason, actor.ip, actor.request_id
    from private.actor() actor;
$$;
