-- Leases a batch of commands to a worker: of each subject only the oldest unfinished one. A worker goes from organization to organization:
-- it names the one that it served last, and is given commands of those after it, so that none waits for all commands of another. When a
-- worker dies, its lease runs out and the command is claimed again; after max_attempts such leases the command is given up.
-- Definer: the jobs login has no access to the table.
create function private.claim_commands(p_worker_id uuid, p_limit integer, p_lease interval, p_after_org_id uuid default null)
    returns table (command_id bigint, org_id uuid, topic text, payload jsonb, attempts integer)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    ready_ids bigint[];
begin
    update private.outbox command
    set dead_at = private.clock(),
        leased_by = null,
        leased_until = null,
        last_error = 'The worker did not report back before its lease ended.'
    where command.id = any (
        array(
            select abandoned.id
            from private.outbox abandoned
            where abandoned.processed_at is null
                and abandoned.dead_at is null
                and abandoned.available_at <= private.clock()
                and abandoned.leased_until <= private.clock()
                and abandoned.attempts >= private.max_attempts()
            order by abandoned.id
            for update skip locked
        )
    );

    ready_ids := private.lock_ready_commands(p_limit, p_after_org_id);
    if cardinality(ready_ids) = 0 and p_after_org_id is not null then
        ready_ids := private.lock_ready_commands(p_limit, null);
    end if;

    return query
    update private.outbox command
    set leased_by = p_worker_id,
        leased_until = private.clock() + p_lease,
        attempts = command.attempts + 1
    where command.id = any (ready_ids)
    returning command.id, command.org_id, command.topic, command.payload, command.attempts;
end;
$$;

-- The commands that can be leased now, locked, of the organizations after one, or of all: by organization, and of each the oldest first.
create function private.lock_ready_commands(p_limit integer, p_after_org_id uuid)
    returns bigint[]
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return array(
        select ready.id
        from private.outbox ready
        where ready.org_id > coalesce(p_after_org_id, '00000000-0000-0000-0000-000000000000')
            and ready.processed_at is null
            and ready.dead_at is null
            and ready.available_at <= private.clock()
            and (ready.leased_until is null or ready.leased_until <= private.clock())
            and not exists (
                select
                from private.outbox other
                where other.subject = ready.subject
                    and other.processed_at is null
                    and other.dead_at is null
                    and (other.id < ready.id or other.leased_until > private.clock())
            )
        order by ready.org_id, ready.available_at, ready.id
        limit p_limit
        for update skip locked
    );
end;
$$;

-- Marks a command processed. Definer: the jobs login has no access to the table.
create function private.finish_command(p_command_id bigint, p_worker_id uuid)
    returns void
    language sql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
    update private.outbox
    set processed_at = private.clock(),
        leased_by = null,
        leased_until = null,
        last_error = null
    where id = p_command_id
        and leased_by = p_worker_id;
$$;

comment on function private.finish_command is 'Marks a command processed; does nothing if another worker has the lease by now.';

-- Returns a command after a failure: it is tried again after a delay that doubles, or is dead after a final refusal or
-- max_attempts.
-- Definer: the jobs login has no access to the table.
create function private.fail_command(p_command_id bigint, p_worker_id uuid, p_error text, p_is_final boolean)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    command private.outbox;
begin
    update private.outbox
    set leased_by = null,
        leased_until = null,
        last_error = left(p_error, 1000),
        available_at = private.clock() + least(interval '10 seconds' * 2 ^ least(attempts, private.max_attempts()), interval '6 hours'),
        dead_at = case when p_is_final or attempts >= private.max_attempts() then private.clock() end
    where id = p_command_id
        and leased_by = p_worker_id
    returning * into command;

    return case when command.dead_at is null then 'retry' else 'dead' end;
end;
$$;

comment on function private.fail_command is 'Returns ''retry'', also if another worker has the lease by now, or ''dead''.';

-- Lets a command and all that wait with its topic rest for a minute, because each of them would fail in the same way: the key is
-- wrong, or lacks a permission. That uses up none of their attempts. Commands of other topics are not held up.
-- Definer: the jobs login has no access to the table.
create function private.postpone_commands(p_command_id bigint, p_worker_id uuid, p_error text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    refused private.outbox;
begin
    update private.outbox
    set leased_by = null,
        leased_until = null,
        attempts = attempts - 1,
        last_error = left(p_error, 1000),
        available_at = private.clock() + interval '1 minute'
    where id = p_command_id
        and leased_by = p_worker_id
    returning * into refused;

    update private.outbox
    set last_error = refused.last_error,
        available_at = refused.available_at
    where id = any (
        array(
            select waiting.id
            from private.outbox waiting
            where waiting.topic = refused.topic
                and waiting.processed_at is null
                and waiting.dead_at is null
                and waiting.leased_by is null
                and waiting.available_at < refused.available_at
            order by waiting.id
            for update skip locked
        )
    );
end;
$$;

comment on function private.postpone_commands is 'Does nothing if another worker has the lease by now.';

-- How often a command is tried before it is given up.
create function private.max_attempts()
    returns integer
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return 12;
