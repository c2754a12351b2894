-- Judges stored events once more, from their bytes as they came: those that an admin wants replayed, and for three days, later
-- and later, those that came before what they are about was known. Returns how many are applied by now. Money of an unknown
-- payment is left to an admin: it is in suspense. Mode and version of all these were looked at before.
create function private.apply_waiting_events()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    event private.webhook_events;
    raw bytea;
    applied integer := 0;
begin
    for event in
        select waiting.*
        from private.webhook_events waiting
        where waiting.status = 'received'
            or (
                waiting.status = 'parked'
                and waiting.note in ('unknown_account', 'unknown_payment', 'unknown_transfer')
                and waiting.type not like 'payment_intent.%'
                and waiting.received_at > private.clock() - interval '3 days'
                and waiting.processed_at <= private.clock() - interval '1 minute' * 2 ^ least(waiting.attempts, 9)
            )
        order by waiting.received_at, waiting.id
        limit 100
        for no key update skip locked
    loop
        select body.raw into raw
        from private.webhook_event_bodies body
        where body.event_id = event.id
            and body.received_at = event.received_at;

        if found and private.process_stripe_event(event, convert_from(raw, 'UTF8'), event.livemode, event.api_version) <> 'parked' then
            applied := applied + 1;
        end if;
    end loop;
    return applied;
end;
$$;

-- Has a parked event applied again by the next jobs maintain, also one of another API version: an admin of the platform has
-- looked at it. Not at once, since what Stripe says is never an act of a person.
-- Definer: nobody writes events directly.
create function private.admin_replay_event(p_event_id text, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    event private.webhook_events;
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
    if not exists (
        select
        from private.webhook_event_bodies body
        where body.event_id = event.id
            and body.received_at = event.received_at
    ) then
        perform private.refuse(
            'PT409', 'event_body_is_gone',
            'The body of that event is not kept any more.',
            'Resend the event from Stripe''s Dashboard.'
        );
    end if;

    update private.webhook_events
    set status = 'received',
        processed_at = null
    where id = event.id;
    perform private.record_decision(
        'webhook_events', p_event_id,
        jsonb_build_object('status', event.status, 'note', event.note),
        jsonb_build_object('status', 'received')
    );
end;
$$;
