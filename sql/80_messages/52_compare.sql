-- Compares what Twilio lists of a day with what is known, for callbacks that never came: a message's status is settled as its callback would
-- have, and an answer such as STOP is obeyed, if none is known that was sent later. Says of each text whether it was `known`, is `settled` now,
-- was an `answer`, or is `unknown`: sent from our number, and not by this project; needs_attention (95) tells of these.
-- `python -m jobs messages compare` calls it, page by page. The job of 0.1.0 does not say when texts were sent.
-- Definer: the job has no access to the tables.
create function private.compare_texts(p_texts jsonb)
    returns table (provider_id text, outcome text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    listed record;
begin
    for listed in
        select told.sid, told.channel, told.is_inbound, told.sender, told.body, told.status, told.error_code, told.sent_at
        from jsonb_to_recordset(p_texts) told (
            sid text,
            channel public.message_channel,
            is_inbound boolean,
            sender text,
            body text,
            status text,
            error_code text,
            sent_at timestamptz
        )
        order by told.sent_at
    loop
        provider_id := listed.sid;
        outcome := case
            when listed.is_inbound then
                private.compare_answer(
                    listed.sid, listed.channel, listed.sender, listed.body,
                    case when listed.sent_at is not null then least(listed.sent_at, private.clock()) end
                )
            when not exists (
                select from public.message_contents content where content.provider_id = listed.sid
            ) then private.outcome_of_stranger(listed.sid)
            when private.status_of_twilio(listed.status) is null then 'known'
            else
                case private.record_message_status(
                    null, listed.sid, listed.status, listed.error_code,
                    jsonb_build_object('MessageSid', listed.sid, 'MessageStatus', listed.status)
                ) when 'recorded' then 'settled' else 'known' end
        end;
        return next;
    end loop;
end;
$$;

-- Records an answer that may be known: then only when it was sent. A number that nobody here has or was texted at is not stored: whoever had
-- it may have been erased since. Twilio tells the second: of two within one, STOP counts as the later. Without a time the order is unknown:
-- STOP counts as sent now, and START lifts nothing.
create function private.compare_answer(
    p_provider_id text,
    p_channel public.message_channel,
    p_sender text,
    p_body text,
    p_sent_at timestamptz
)
    returns text
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    sent_at constant timestamptz := case private.meaning_of_answer(p_body)
        when 'stop' then coalesce(p_sent_at + interval '0.999999 seconds', private.clock())
        when 'start' then coalesce(p_sent_at, '-infinity')
        else coalesce(p_sent_at, private.clock())
    end;
    meaning text;
begin
    meaning := private.record_answer(
        p_provider_id,
        p_channel,
        case when private.may_have_been_texted(p_sender) then p_sender end,
        p_body,
        jsonb_build_object('MessageSid', p_provider_id),
        sent_at
    );
    if meaning <> 'duplicate' then
        return 'answer';
    end if;
    if p_sent_at is not null then
        perform private.correct_answer(p_provider_id, p_channel, sent_at);
    end if;
    return 'known';
end;
$$;

-- Whether a text went to a number, as far as is known, or may go there.
create function private.may_have_been_texted(p_phone text)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (select from public.message_contents content where content.to_address = p_phone)
        or exists (select from private.phone_codes code where code.phone = p_phone);
$$;

-- What a text from our number is that no message bears: one of a message that is known, or was erased, or unexplained, which is kept for
-- needs_attention.
create function private.outcome_of_stranger(p_provider_id text)
    returns text
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if exists (
        select
        from private.message_events event
        where event.provider_id = p_provider_id
            and event.type = 'status'
            and (event.status = 'erased' or event.message_id is not null)
    ) then
        return 'known';
    end if;
    insert into private.message_events (provider_id, type, status, payload)
    values (p_provider_id, 'status', 'unexplained', jsonb_build_object('MessageSid', p_provider_id))
    on conflict (provider_id, type, status) do nothing;
    return 'unknown';
end;
$$;
