-- Trigger of every table with a status: allows only the changes listed in private.status_transitions, and only to the actors
-- listed there. It binds every writer, including Studio and the service key. The trigger's argument is the entity's name.
-- Definer: writers may not read status_transitions.
create function private.enforce_status_transition()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    old_status text := 'new';
begin
    if tg_op = 'UPDATE' then
        if old.status = new.status then
            return new;
        end if;
        old_status := old.status::text;
    end if;

    if not exists (
        select
        from private.status_transitions transition
        where transition.entity = tg_argv[0]
            and transition.from_status = old_status
            and transition.to_status = new.status::text
            and private.actor_kind() = any (transition.actors)
    ) then
        perform private.refuse(
            'PT409', 'illegal_transition',
            format('A %s cannot go from %s to %s this way.', tg_argv[0], old_status, new.status),
            'Reload the row: it may have moved on. Use the function made for this step.'
        );
    end if;
    return new;
end;
$$;

-- Who is acting in this transaction. The two services are recognized by their login, so that no claims they might set can
-- turn them into a person; everybody else by the verified claims of the Data API. A session without claims is Studio.
create function private.actor_kind()
    returns private.actor_kind
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case
        when session_user = 'webhook_service' then 'service'
        when session_user = 'jobs' then 'job'
        when auth.jwt() ->> 'role' = 'service_role' then 'service'
        when auth.jwt() ->> 'role' is not null then 'user'
        else 'studio'
    end::private.actor_kind;
end;
$$;
