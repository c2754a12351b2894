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

    return private.process_stripe_event(event, p_payload, p_expected_livemode, p_expected_api_version);
end;
$$;

comment on function private.receive_stripe_event is
    'Returns processed, ignored, parked or duplicate. p_raw are the bytes as they came, p_payload the same as text.';

-- Judges a stored event and marks it with what became of it. The caller holds its lock.
create function private.process_stripe_event(
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
    outcome private.stripe_outcome := private.apply_or_park_event(p_event, p_payload, p_expected_livemode, p_expected_api_version);
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

-- Applies an event, or parks it: one of another mode is not for us, one of another API version may mean something else,
-- and one that breaks a rule must not be lost, nor come back for ever. Trouble that passes is raised, so that Stripe retries.
create function private.apply_or_park_event(
    p_event private.webhook_events,
    p_payload text,
    p_expected_livemode boolean,
    p_expected_api_version text
)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    if p_event.livemode is distinct from p_expected_livemode then
        return row('ignored', 'livemode_differs')::private.stripe_outcome;
    end if;
    if p_event.api_version is distinct from p_expected_api_version then
        return row('parked', 'api_version_differs')::private.stripe_outcome;
    end if;
    if not pg_input_is_valid(p_payload, 'jsonb') then
        return row('parked', 'body_is_no_jsonb')::private.stripe_outcome;
    end if;
    return private.apply_stripe_event(p_event, p_payload::jsonb #> '{data,object}');
exception
    when others then
        if sqlstate ~ '^(08|40|53|55|57|58)' then
            raise;
        end if;
        return row('parked', left(format('%s %s', sqlstate, sqlerrm), 500))::private.stripe_outcome;
end;
$$;

-- Hands an event's object to the room that it belongs to. What we do not listen to is ignored.
create function private.apply_stripe_event(p_event private.webhook_events, p_object jsonb)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    if (p_event.endpoint = 'connect') <> (p_event.account is not null) then
        return row('parked', 'wrong_endpoint')::private.stripe_outcome;
    end if;

    return case
        when p_event.endpoint = 'connect' then case
            when p_event.type = 'account.updated' then private.apply_account(p_object, p_event.occurred_at)
            when p_event.type = 'account.application.deauthorized'
                then private.apply_deauthorization(p_event.account, p_event.occurred_at)
            when p_event.type = 'capability.updated' then private.apply_capability(p_event.event_id, p_event.account)
            when p_event.type like 'payout.%' then private.apply_bank_payout(p_object, p_event.account, p_event.occurred_at)
            else row('ignored', null)::private.stripe_outcome
        end
        when p_event.type like 'payment_intent.%' then private.apply_payment_intent(p_object, p_event.occurred_at)
        when p_event.type like 'refund.%' then private.apply_refund(p_object, p_event.occurred_at)
        when p_event.type = 'charge.refund.updated' then private.apply_refund(p_object, p_event.occurred_at)
        when p_event.type like 'charge.dispute.%' then private.apply_dispute(p_object, p_event.occurred_at)
        when p_event.type = 'radar.early_fraud_warning.created' then private.apply_fraud_warning(p_object)
        when p_event.type like 'charge.%' then private.apply_charge(p_object)
        when p_event.type like 'transfer.%' then private.apply_transfer(p_object, p_event.occurred_at)
        else row('ignored', null)::private.stripe_outcome
    end;
end;
$$;
