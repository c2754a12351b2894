-- Adds a command for python -m jobs outbox. Called by payments, connect and payouts.
create function private.enqueue_command(
    p_org_id uuid,
    p_topic text,
    p_idempotency_key text,
    p_payload jsonb,
    p_subject text default null
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into private.outbox (org_id, topic, idempotency_key, payload, subject)
    values (p_org_id, p_topic, p_idempotency_key, p_payload, p_subject)
    on conflict (org_id, idempotency_key) do nothing;
end;
$$;

comment on function private.enqueue_command is
    'Adds a command once for each idempotency key. It is carried out after the unfinished commands of its subject.';
