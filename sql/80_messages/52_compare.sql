-- Compares what Twilio lists of a day with what is known, for callbacks that never came: a message's status is settled as its callback would
-- have, and an answer such as STOP is obeyed. Says of each text whether it was `known`, is `settled` now, was an `answer`, or is `unknown`:
-- sent from our number, and not by this project. `python -m jobs messages compare` calls it, page by page.
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
        select told.sid, told.channel, told.is_inbound, told.sender, told.body, told.status, told.error_code
        from jsonb_to_recordset(p_texts) told (
            sid text, channel public.message_channel, is_inbound boolean, sender text, body text, status text, error_code text
        )
    loop
        provider_id := listed.sid;
        outcome := case
            when listed.is_inbound then
                case private.record_inbound_message(
                    listed.sid, listed.channel, listed.sender, listed.body, jsonb_build_object('MessageSid', listed.sid)
                ) when 'duplicate' then 'known' else 'answer' end
            when not exists (
                select from public.message_contents content where content.provider_id = listed.sid
            ) then 'unknown'
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
