-- Records what a mail server reports of a mail after it has taken it: 'bounce', it reached nobody, or 'complaint', its recipient called it
-- spam. Anybody can write to the address that reports come to, so the mail is known by a Message-ID that only its recipient has got: the
-- message's id, which a school's admins know, and a key, which they do not. A report of any other is none of ours. An address that does not
-- exist (status 5.1.x or 5.2.1), and one whose owner complained, gets nothing more; a full mailbox is no reason. Returns 'recorded',
-- 'duplicate' or 'unknown_message'.
-- Definer: the jobs login has no access to the tables.
create function private.record_mail_report(p_provider_id text, p_type text, p_status text)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    told public.messages;
    address text;
begin
    select message.* into told
    from public.messages message
    where message.id = private.message_of_mail(p_provider_id)
        and message.channel = 'email'
    for update;
    if not found or p_type not in ('bounce', 'complaint') then
        return 'unknown_message';
    end if;
    insert into private.message_events (provider_id, type, status, error_code, message_id, payload)
    values (p_provider_id, 'status', p_type, left(p_status, 20), told.id, '{}')
    on conflict (provider_id, type, status) do nothing;
    if not found then
        return 'duplicate';
    end if;

    select content.to_address into address from public.message_contents content where content.message_id = told.id;
    if p_type = 'complaint' then
        perform private.suppress_address('email', address, 'complaint');
    elsif private.rank_of_status('bounced') > private.rank_of_status(told.status) then
        update public.messages
        set status = 'bounced',
            claimed_by = null,
            error = left(format('smtp_%s', p_status), 200),
            sent_at = coalesce(sent_at, private.clock())
        where id = told.id;
    end if;
    if p_type = 'bounce' and p_status ~ '^5\.(1\.(0|1|2|3|10)|2\.1)$' then
        perform private.suppress_address('email', address, 'hard_bounce');
    end if;
    return 'recorded';
end;
$$;

-- The message that a Message-ID bears, <id.key@domain>; null: it is not one of ours.
create function private.message_of_mail(p_provider_id text)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select content.message_id
    from regexp_match(p_provider_id, '^<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9a-f]{32})@[^@<>\s]+>$') named (parts)
    join public.message_contents content on content.message_id = named.parts[1]::uuid
    where private.key_of_mail(content) = named.parts[2];
$$;
