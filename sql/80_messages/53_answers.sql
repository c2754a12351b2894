-- Records an answer and when it was sent, and obeys it if it is the latest of its number. STOP and its kin, CANCEL among them, end everything to
-- that number from that channel and cancel no lesson; START takes that back. Of an answer that was erased with its person nothing is stored.
-- record_inbound_message calls it for what comes, compare_texts for what never came. Returns 'stop', 'start', 'help', 'other' or 'duplicate'.
create function private.record_answer(
    p_provider_id text,
    p_channel public.message_channel,
    p_sender text,
    p_body text,
    p_payload jsonb,
    p_sent_at timestamptz
)
    returns text
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    meaning constant text := private.meaning_of_answer(p_body);
begin
    -- Answers of one number follow one another, so that the latest is known.
    perform pg_advisory_xact_lock('private.suppressed_addresses'::regclass::oid::integer, hashtext(p_sender));
    if private.is_erased_text(p_provider_id) then
        return 'duplicate';
    end if;

    insert into private.message_events (provider_id, type, status, address, payload, channel, sent_at)
    values (p_provider_id, 'inbound', meaning, p_sender, p_payload, p_channel, p_sent_at)
    on conflict (provider_id, type, status) do nothing;
    if not found then
        return 'duplicate';
    end if;
    if private.latest_answer(p_channel, p_sender) = p_provider_id then
        perform private.obey_answer(p_provider_id, p_channel);
    end if;
    return meaning;
end;
$$;

-- Twilio's id of the latest STOP or START from a number over a channel.
create function private.latest_answer(p_channel public.message_channel, p_sender text)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select event.provider_id
    from private.message_events event
    where event.address = p_sender
        and event.type = 'inbound'
        and event.status in ('stop', 'start')
        and coalesce(event.channel, p_channel) = p_channel
    order by coalesce(event.sent_at, event.received_at) desc, event.id desc
    limit 1;
$$;

-- Does what an answer asks for. START lifts nothing that was said after it.
create function private.obey_answer(p_provider_id text, p_channel public.message_channel)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    answer record;
begin
    select event.status, lower(event.address) as address, coalesce(event.sent_at, event.received_at) as sent_at into strict answer
    from private.message_events event
    where event.provider_id = p_provider_id
        and event.type = 'inbound'
        and event.status in ('stop', 'start');

    if answer.status = 'stop' then
        insert into private.suppressed_addresses as known (channel, address, cause, created_at)
        values (p_channel, answer.address, 'stop', answer.sent_at)
        on conflict (channel, address) do update
            set cause = excluded.cause,
                created_at = excluded.created_at
            where known.cause = 'unsubscribed';
    else
        delete from private.suppressed_addresses
        where channel = p_channel
            and address = answer.address
            and cause in ('stop', 'unsubscribed')
            and created_at <= answer.sent_at;
    end if;
end;
$$;

-- Corrects when an answer was sent that is known already, and obeys the latest of its number if that is another one now; otherwise it was
-- obeyed before, and an admin may have decided since.
create function private.correct_answer(p_provider_id text, p_channel public.message_channel, p_sent_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    known private.message_events;
    latest_before text;
    latest text;
begin
    select event.* into known
    from private.message_events event
    where event.provider_id = p_provider_id
        and event.type = 'inbound'
        and event.status in ('stop', 'start');
    if not found or known.address is null or known.sent_at = p_sent_at then
        return;
    end if;

    perform pg_advisory_xact_lock('private.suppressed_addresses'::regclass::oid::integer, hashtext(known.address));
    latest_before := private.latest_answer(p_channel, known.address);
    update private.message_events
    set sent_at = p_sent_at,
        channel = p_channel
    where id = known.id;
    update private.suppressed_addresses
    set created_at = p_sent_at
    where channel = p_channel
        and address = lower(known.address)
        and cause = 'stop'
        and created_at = coalesce(known.sent_at, known.received_at);
    latest := private.latest_answer(p_channel, known.address);
    if latest <> latest_before or known.sent_at = '-infinity' then
        perform private.obey_answer(latest, p_channel);
    end if;
end;
$$;
