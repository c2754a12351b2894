-- Judges a stored event once more, from its bytes as they came, and returns what became of it. Its mode and version were
-- looked at before. The caller holds its lock.
create function private.replay_event(p_event private.webhook_events)
    returns text
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    body private.webhook_event_bodies;
begin
    select * into body
    from private.webhook_event_bodies
    where event_id = p_event.id
        and received_at = p_event.received_at;
    if not found then
        perform private.refuse(
            'PT409', 'event_body_is_gone',
            'The body of that event is not kept any more.',
            'Resend the event from Stripe''s Dashboard.'
        );
    end if;
    return private.settle_event(p_event, convert_from(body.raw, 'UTF8'), p_event.livemode, p_event.api_version);
end;
$$;
