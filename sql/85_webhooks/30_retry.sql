-- Gives waiting events that came before it was known whose they are to their organization, and returns how many. The maintenance of that
-- organization applies them, so that its money is moved in a transaction of its own. Called by jobs maintain.
create function private.assign_waiting_events()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    assigned integer;
begin
    update private.webhook_events event
    set org_id = known.org_id
    from (
        select waiting.id, private.organization_of_event(convert_from(body.raw, 'UTF8'), waiting.account) as org_id
        from private.webhook_events waiting
        join private.webhook_event_bodies body
            on body.org_id = waiting.org_id
            and body.event_id = waiting.id
            and body.received_at = waiting.received_at
        where waiting.org_id = private.platform_id()
            and waiting.is_waiting
            and waiting.status in ('received', 'parked')
            and private.is_due_event(waiting)
        order by waiting.id
        for update of waiting skip locked
    ) known
    where event.org_id = private.platform_id()
        and event.id = known.id
        and known.org_id <> event.org_id;
    get diagnostics assigned = row_count;
    return assigned;
end;
$$;

-- Applies an organization's stored events again, from their bodies, and returns how many are no longer parked. Mode and API version are
-- taken as accepted. Called by jobs maintain.
create function private.apply_waiting_events(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    event private.webhook_events;
    raw bytea;
    applied integer := 0;
begin
    for event in
        select waiting.*
        from private.webhook_events waiting
        where waiting.org_id = p_org_id
            and waiting.is_waiting
            and waiting.status in ('received', 'parked')
            and private.is_due_event(waiting)
        order by waiting.received_at, waiting.id
        limit 100
        for no key update skip locked
    loop
        select body.raw into raw
        from private.webhook_event_bodies body
        where body.org_id = event.org_id
            and body.event_id = event.id
            and body.received_at = event.received_at;

        if found and private.process_stripe_event(event, convert_from(raw, 'UTF8'), event.livemode, event.api_version) <> 'parked' then
            applied := applied + 1;
        end if;
    end loop;
    perform private.ignore_foreign_events(p_org_id);
    return applied;
end;
$$;

-- Whether an event is to be applied again now: an admin wants it replayed, or it arrived before its account, payment or transfer was
-- known, of which it is asked for three days at growing intervals.
create function private.is_due_event(p_event private.webhook_events)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_event.status = 'received'
        or coalesce(
            p_event.status = 'parked'
            and p_event.note in ('unknown_account', 'unknown_invoice', 'unknown_payment', 'unknown_transfer')
            and p_event.received_at > private.clock() - interval '3 days'
            and p_event.processed_at <= private.clock() - interval '1 minute' * 2 ^ least(p_event.attempts, 9),
            false
        );
end;
$$;

-- Marks as ignored what has waited in vain for three days and bears no metadata of ours: a refund, a dispute or an account of other
-- business on the same Stripe account. It could not be told at once from an event that comes before its payment is known.
create function private.ignore_foreign_events(p_org_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update private.webhook_events event
    set status = 'ignored',
        note = 'not_ours'
    from private.webhook_event_bodies body
    where event.org_id = p_org_id
        and event.status = 'parked'
        and event.note in ('unknown_account', 'unknown_invoice', 'unknown_payment')
        and event.received_at <= private.clock() - interval '3 days'
        and body.org_id = event.org_id
        and body.event_id = event.id
        and body.received_at = event.received_at
        and not private.bears_our_metadata(convert_from(body.raw, 'UTF8')::jsonb #> '{data,object}');
end;
$$;

-- Marks a parked event to be applied again by the next jobs maintain, even if its API version differs, for a platform admin. Not
-- applied here: it would run with the actor "user", who may not do what Stripe's events do.
-- Definer: no role may write events.
create function private.admin_replay_event(p_event_id text, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    event private.webhook_events;
begin
    perform private.require_platform_admin(p_reason);

    event := private.require_parked_event(p_event_id);
    if not exists (
        select
        from private.webhook_event_bodies body
        where body.org_id = event.org_id
            and body.event_id = event.id
            and body.received_at = event.received_at
    ) then
        perform private.refuse(
            'PT409', 'event_body_is_gone',
            'The body of that event has been pruned.',
            'Resend the event in Stripe''s Dashboard.'
        );
    end if;

    update private.webhook_events
    set status = 'received',
        processed_at = null
    where org_id = event.org_id
        and id = event.id;
    perform private.record_decision(
        'webhook_events', p_event_id,
        jsonb_build_object('status', event.status, 'note', event.note),
        jsonb_build_object('status', 'received')
    );
end;
$$;

-- Marks a parked event as ignored, for a platform admin who has decided that nothing follows from it.
-- Definer: no role may write events.
create function private.admin_dismiss_event(p_event_id text, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    event private.webhook_events;
begin
    perform private.require_platform_admin(p_reason);
    event := private.require_parked_event(p_event_id);

    update private.webhook_events
    set status = 'ignored',
        note = 'dismissed',
        processed_at = private.clock()
    where org_id = event.org_id
        and id = event.id;
    perform private.record_decision(
        'webhook_events', p_event_id,
        jsonb_build_object('status', event.status, 'note', event.note),
        jsonb_build_object('status', 'ignored', 'note', 'dismissed')
    );
end;
$$;

-- Returns a parked event, locked, or refuses.
create function private.require_parked_event(p_event_id text)
    returns private.webhook_events
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    event private.webhook_events;
begin
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
            'List the parked events with python -m jobs doctor or the saved query parked_webhooks.'
        );
    end if;
    return event;
end;
$$;
