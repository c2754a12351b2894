create function private.enqueue_command(p_topic text, p_dedupe_key text, p_payload jsonb)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    insert into private.outbox (topic, dedupe_key, payload)
    values (p_topic, p_dedupe_key, p_payload)
    on conflict (dedupe_key) do nothing;
$$;

comment on function private.enqueue_command is 'Adds a command for jobs outbox, once per dedupe key.';
