set lock_timeout = '3s';

SET local check_function_bodies = off;

CREATE OR REPLACE FUNCTION private.compare_texts (
  p_texts jsonb
)
  RETURNS TABLE (
    provider_id text,
    outcome     text
  )
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION private.record_message_status (
  p_message_id  uuid,
  p_provider_id text,
  p_status      text,
  p_error_code  text,
  p_payload     jsonb
)
  RETURNS text
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    told public.messages;
    new_status public.message_status;
begin
    if exists (
        select from private.message_events event where event.provider_id = p_provider_id and event.type = 'status' and event.status = 'erased'
    ) then
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
$function$;
