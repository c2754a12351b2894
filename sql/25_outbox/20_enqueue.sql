create function private.enqueue_command(
    p_topic text,
    p_idempotency_key text,
    p_payload jsonb,
    p_subject text default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    insert into private.outbox (topic, idempotency_key, payload, subject)
    values (p_topic, p_idempotency_key, p_payload, p_subject)
    on conflict (idempotency_key) do nothing;
$$;

comment on function private.enqueue_command is
    'Adds a command for jobs outbox, once per dedupe key; after the unfinished ones of its subject, if it has one.';

-- Wakes whoever listens for new commands; nobody has to: the workers also look from time to time.
create function private.notify_outbox_listeners()
    returns trigger
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    if exists (select from new_rows) then
        perform pg_notify('outbox', '');
    end if;
    return null;
end;
$$;

create trigger notify_outbox_listeners
    after insert on private.outbox
    referencing new table as new_rows
    for each statement
    execute function private.notify_outbox_listeners();
