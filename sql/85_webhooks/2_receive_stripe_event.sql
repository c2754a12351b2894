-- Stores, applies and marks a verified webhook in one transaction. A second delivery of the same event, also at the same
-- moment, waits for the first and changes nothing; one that was parked is tried again.
-- Definer: the service has no access to the tables.
create function private.receive_stripe_event(
    p_endpoint text,
    p_event_id text,
    p_type text,
    p_account text,
    p_livemode boolean,
    p_api_version text,
    p_created_at timestamptz,
    p_raw bytea,
    p_payload text,
    p_expected_livemode boolean,
    p_expected_api_version text
)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    event private.webhook_events;
begin
    insert into private.webhook_events (event_id, endpoint, type, account, livemode, api_version, occurred_at)
    values (p_event_id, p_endpoint, p_type, p_account, p_livemode, p_api_version, p_created_at)
    on conflict (provider, event_id) do nothing
    returning * into event;

    if found then
        insert into private.webhook_event_bodies (event_id, received_at, raw)
        values (event.id, event.received_at, p_raw);
    else
        select * into event
        from private.webhook_events
        where provider = 'stripe'
            and event_id = p_event_id
            and status = 'parked'
            and endpoint = p_endpoint
        for no key update;
        if not found then
            return 'duplicate';
        end if;
    end if;

    return private.settle_event(event, p_payload, p_expected_livemode, p_expected_api_version);
end;
$$;

comment on function private.receive_stripe_event is
    'Returns processed, ignored, parked or duplicate. p_raw are the bytes as they came, p_payload the same as text.';
