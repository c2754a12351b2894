-- The commands that a scheduler runs, and how long one may be silent: several times what the operations guide schedules. Nobody is late
-- with the doctor's: who reads it has just run it, and it proves that the database takes writes.
create function private.schedules()
    returns table (command text, patience interval)
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    values
        ('outbox', interval '15 minutes'),
        ('maintain', interval '30 minutes'),
        ('payouts', interval '8 days'),
        ('reconcile', interval '2 days'),
        ('doctor', null);
$$;

-- Records that a scheduled command has run to its end. The first heartbeat of any starts the watch over all of them. Called by the jobs.
-- Definer: the job has no access to the table.
create function private.record_heartbeat(p_command text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    insert into private.heartbeats (command)
    select scheduled.command
    from private.schedules() scheduled
    on conflict (command) do nothing;

    update private.heartbeats
    set ran_at = private.clock()
    where command = p_command;
end;
$$;

-- The scheduled commands that have not run for longer than their schedule explains, for `jobs doctor`.
-- Definer: the job has no access to the table.
create function private.late_commands()
    returns table (command text, ran_at timestamptz, patience interval)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select heartbeat.command, heartbeat.ran_at, scheduled.patience
    from private.heartbeats heartbeat
    join private.schedules() scheduled on scheduled.command = heartbeat.command
    where heartbeat.ran_at < private.clock() - scheduled.patience
    order by heartbeat.command;
$$;
