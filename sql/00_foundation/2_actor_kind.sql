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
