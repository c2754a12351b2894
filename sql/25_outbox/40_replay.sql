-- Makes a dead command wait to be tried again, with all its attempts; for a platform admin who has removed the cause.
-- Definer: nobody writes the outbox directly.
create function private.admin_replay_command(p_command_id bigint, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    command private.outbox;
begin
    perform private.require_platform_admin(p_reason);

    select * into command
    from private.outbox
    where id = p_command_id
        and dead_at is not null
    for update;
    if not found then
        perform private.refuse(
            'PT404', 'command_not_found',
            'There is no dead command with that id.',
            'Look up dead commands with python -m jobs doctor or the saved query outbox_backlog.'
        );
    end if;

    update private.outbox
    set dead_at = null,
        attempts = 0,
        last_error = null,
        available_at = private.clock()
    where id = p_command_id;
    perform private.record_decision(
        'outbox', p_command_id::text,
        jsonb_build_object('dead_at', command.dead_at, 'attempts', command.attempts),
        jsonb_build_object('dead_at', null, 'attempts', 0)
    );
end;
$$;
