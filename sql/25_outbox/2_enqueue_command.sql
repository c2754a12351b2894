create function private.enqueue_command(
    p_topic text,
    p_dedupe_key text,
    p_payload jsonb,
    p_subject text default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    insert into private.outbox (topic, dedupe_key, payload, subject)
    values (p_topic, p_dedupe_key, p_payload, p_subject)
    on conflict (dedupe_key) do nothing;
$$;

comment on function private.enqueue_command is
    'Adds a command for jobs outbox, once per dedupe key; after the unfinished ones of its subject, if it has one.';
