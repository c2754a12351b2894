-- Gives a command back after a failure: later with a doubling delay, or dead once trying again is of no use.
-- Definer: the jobs login has no access to the table.
create function private.fail_command(p_command_id bigint, p_worker_id uuid, p_error text, p_is_final boolean)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    command private.outbox;
begin
    update private.outbox
    set leased_by = null,
        leased_until = null,
        last_error = left(p_error, 1000),
        available_at = private.clock() + least(interval '10 seconds' * 2 ^ least(attempts, private.most_attempts()), interval '6 hours'),
        dead_at = case when p_is_final or attempts >= private.most_attempts() then private.clock() end
    where id = p_command_id
        and leased_by = p_worker_id
    returning * into command;

    return case when command.dead_at is null then 'retry' else 'dead' end;
end;
$$;

comment on function private.fail_command is 'Returns ''retry'' or ''dead''.';
