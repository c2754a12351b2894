-- Definer: the jobs login has no access to the table.
create function private.finish_command(p_command_id bigint, p_worker_id uuid)
    returns void
    language sql
    volatile
    security definer
    set search_path = ''
as $$
    update private.outbox
    set processed_at = private.clock(),
        leased_by = null,
        leased_until = null,
        last_error = null
    where id = p_command_id
        and leased_by = p_worker_id;
$$;

comment on function private.finish_command is 'Marks a command done; does nothing once the lease belongs to another worker.';
