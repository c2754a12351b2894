-- Applies a parked event again, also one of another API version: an admin of the platform has looked at it, and returns what
-- became of it. Definer: nobody writes events directly.
create function private.admin_replay_event(p_event_id text, p_reason text)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    event private.webhook_events;
    outcome text;
begin
    perform private.require_platform_admin(p_reason);

    select * into event
    from private.webhook_events
    where provider = 'stripe'
        and event_id = p_event_id
        and status in ('parked', 'failed')
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'event_not_found',
            'There is no parked event with that id.',
            'Look up parked events with python -m jobs doctor or the saved query parked_webhooks.'
        );
    end if;

    outcome := private.replay_event(event);
    perform private.record_decision(
        'webhook_events', p_event_id,
        jsonb_build_object('status', event.status, 'note', event.note),
        jsonb_build_object('status', outcome)
    );
    return outcome;
end;
$$;
