-- Judges a stored event and marks it with what became of it. The caller holds its lock.
create function private.settle_event(
    p_event private.webhook_events,
    p_payload text,
    p_expected_livemode boolean,
    p_expected_api_version text
)
    returns text
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    outcome private.stripe_outcome := private.judge_stripe_event(p_event, p_payload, p_expected_livemode, p_expected_api_version);
begin
    update private.webhook_events
    set status = outcome.status::private.event_status,
        note = outcome.note,
        attempts = attempts + 1,
        processed_at = private.clock()
    where id = p_event.id;
    return outcome.status;
end;
$$;
