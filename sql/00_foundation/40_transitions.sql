-- Lets a status move only along a declared edge, for every writer, Studio and the service key included.
-- Definer: the writer needs no access to the table of edges. The argument is the entity's name.
create function private.enforce_status_transition()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    left_status text := 'new';
begin
    if tg_op = 'UPDATE' then
        if old.status = new.status then
            return new;
        end if;
        left_status := old.status::text;
    end if;

    if not exists (
        select
        from private.status_transitions transition
        where transition.entity = tg_argv[0]
            and transition.from_status = left_status
            and transition.to_status = new.status::text
            and private.actor_kind() = any (transition.actors)
    ) then
        perform private.refuse(
            'PT409', 'illegal_transition',
            format('A %s cannot go from %s to %s this way.', tg_argv[0], left_status, new.status),
            'Reload the row: it may have moved on. Use the function made for this step.'
        );
    end if;
    return new;
end;
$$;

-- Who acts in this transaction. The login decides for the services, so that claims they might set cannot
-- turn them into a person; then the verified claims of the Data API; what remains came through Studio.
create function private.actor_kind()
    returns private.actor_kind
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select case
        when session_user = 'webhook_service' then 'service'
        when session_user = 'jobs' then 'job'
        when auth.jwt() ->> 'role' = 'service_role' then 'service'
        when auth.jwt() ->> 'role' is not null then 'user'
        else 'studio'
    end::private.actor_kind;
$$;
