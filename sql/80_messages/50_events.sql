-- Records what Twilio says of a message: by its id there, or by our own, which the callback's address bears, since a callback may be faster
-- than the answer to the call. Each fact is stored once, and a late one never takes a status back. A number whose owner has sent STOP gets
-- nothing more. Returns 'recorded', 'duplicate' or 'unknown_message'.
-- Definer: the webhook service has no access to the tables.
create function private.record_message_status(
    p_message_id uuid,
    p_provider_id text,
    p_status text,
    p_error_code text,
    p_payload jsonb
)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    told public.messages;
    new_status public.message_status;
begin
    if private.is_erased_text(p_provider_id) then
        return 'duplicate';
    end if;
    insert into private.message_events (provider_id, type, status, error_code, message_id, payload)
    values (p_provider_id, 'status', p_status, p_error_code, p_message_id, p_payload)
    on conflict (provider_id, type, status) do nothing;
    if not found then
        return 'duplicate';
    end if;

    select message.* into told
    from public.messages message
    where message.id = coalesce(
        (select content.message_id from public.message_contents content where content.provider_id = p_provider_id limit 1), p_message_id
    )
    for update;
    if not found or told.channel not in ('sms', 'whatsapp') then
        return 'unknown_message';
    end if;
    update public.message_contents
    set provider_id = coalesce(provider_id, p_provider_id)
    where message_id = told.id;

    new_status := private.status_of_twilio(p_status);
    if private.rank_of_status(new_status) > private.rank_of_status(told.status) then
        update public.messages
        set status = new_status,
            claimed_by = null,
            error = coalesce(error, p_error_code),
            sent_at = coalesce(sent_at, private.clock()),
            delivered_at = case when new_status = 'delivered' then private.clock() end
        where id = told.id;
    end if;
    if p_error_code = '21610' then
        perform private.suppress_address(told.channel, content.to_address, 'stop')
        from public.message_contents content
        where content.message_id = told.id;
    end if;
    return 'recorded';
end;
$$;

-- Our word for Twilio's status of a message; null for one that says nothing yet.
create function private.status_of_twilio(p_status text)
    returns public.message_status
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case p_status
        when 'sent' then 'sent'
        when 'delivered' then 'delivered'
        when 'read' then 'delivered'
        when 'undelivered' then 'bounced'
        when 'failed' then 'failed'
    end::public.message_status;
$$;

-- How far a message has come: a callback that comes late has a lower rank than what is known, and changes nothing.
create function private.rank_of_status(p_status public.message_status)
    returns integer
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case p_status
        when 'claimed' then 1
        when 'unknown' then 1
        when 'sent' then 2
        when 'queued' then 9
        when 'dropped' then 9
        when 'delivered' then 3
        when 'bounced' then 3
        when 'failed' then 3
        else 0
    end;
$$;

-- Records what somebody has answered to an SMS or WhatsApp message, at the moment at which it comes. Returns 'stop', 'start', 'help', 'other' or
-- 'duplicate'.
-- Definer: the webhook service has no access to the tables.
create function private.record_inbound_message(
    p_provider_id text,
    p_channel public.message_channel,
    p_sender text,
    p_body text,
    p_payload jsonb
)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    return private.record_answer(p_provider_id, p_channel, p_sender, p_body, p_payload, private.clock());
end;
$$;

-- What an answer means, by the words that carriers agree on.
create function private.meaning_of_answer(p_body text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when word.said in ('STOP', 'STOPALL', 'STOP ALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT') then 'stop'
        when word.said in ('START', 'UNSTOP', 'YES') then 'start'
        when word.said in ('HELP', 'INFO') then 'help'
        else 'other'
    end
    from (select upper(trim(regexp_replace(coalesce(p_body, ''), '[^[:alnum:]]+', ' ', 'g'))) as said) word;
$$;

-- Switches off what the link in a message names: this kind over this channel for a person, or for a bare address everything that is not
-- essential. Returns whether the link is known.
-- Definer: the webhook service has no access to the tables.
create function private.unsubscribe(p_token uuid)
    returns boolean
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    told record;
begin
    select message.kind, message.channel, message.recipient_id, content.to_address into told
    from public.message_contents content
    join public.messages message on message.org_id = content.org_id and message.id = content.message_id
    where content.unsubscribe_token = p_token;
    if not found then
        return false;
    end if;

    if told.recipient_id is not null then
        perform private.record_preference(told.recipient_id, told.channel, told.kind, false, 'link');
    elsif told.to_address is not null then
        perform private.suppress_address(told.channel, told.to_address, 'unsubscribed');
    end if;
    return true;
end;
$$;
