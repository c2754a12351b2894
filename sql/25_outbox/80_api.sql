create function public.admin_replay_command(p_command_id bigint, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_replay_command(p_command_id, p_reason);

comment on function public.admin_replay_command is
    'Lets a dead command of the outbox be tried again. Platform admins only. Errors: not_an_admin, reason_required, command_not_found.';
