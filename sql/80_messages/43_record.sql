-- Records that a message was sent, whoever holds it by now: a second worker, also one that could not send it, then finds that there is
-- nothing left to send.
-- Definer: the jobs login has no access to the tables.
create function private.record_message_sent(p_message_id uuid, p_provider_id text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    update public.message_contents
    set provider_id = coalesce(provider_id, p_provider_id)
    where message_id = p_message_id;

    update public.messages
    set status = 'sent',
        claimed_by = null,
        sent_at = private.clock(),
        error = null
    where id = p_message_id
        and status in ('queued', 'claimed', 'unknown');
end;
$$;

-- Records that a message was not sent, and how sure that is: 'not_sent' is tried again after a delay that doubles; 'channel_down' in a minute,
-- which counts as no try, so that an outage of a day loses nothing; 'not_found', which an earlier worker had not sent either, at once, if it
-- is still true; 'refused' is final, and 'unknown' is looked up in two minutes. An address that does not exist, or whose owner has sent STOP,
-- gets nothing more. Returns the status.
-- Definer: the jobs login has no access to the tables.
create function private.fail_message(p_message_id uuid, p_worker_id uuid, p_outcome text, p_error text, p_suppress text)
    returns public.message_status
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    failed public.messages;
begin
    select * into failed from public.messages where id = p_message_id for update;
    if failed.status <> 'claimed' or failed.claimed_by <> p_worker_id then
        return failed.status;
    end if;

    if p_outcome = 'refused' and p_suppress = 'hard_bounce' then
        update public.messages
        set status = 'bounced', claimed_by = null, may_be_sent = false, error = left(p_error, 200)
        where id = p_message_id;
    elsif p_outcome = 'refused' then
        update public.messages
        set status = 'failed', claimed_by = null, may_be_sent = false, error = left(p_error, 200)
        where id = p_message_id;
    elsif p_outcome = 'unknown' then
        update public.messages
        set status = 'unknown', claimed_by = null, error = left(p_error, 200), available_at = private.clock() + interval '2 minutes'
        where id = p_message_id;
    elsif p_outcome = 'channel_down' then
        update public.messages
        set status = 'queued',
            claimed_by = null,
            may_be_sent = false,
            error = left(p_error, 200),
            attempts = attempts - 1,
            available_at = private.clock() + interval '1 minute'
        where id = p_message_id;
    elsif failed.attempts >= private.max_attempts() then
        failed.may_be_sent := false;
        perform private.give_up_message(failed);
    else
        update public.messages
        set status = 'queued',
            claimed_by = null,
            may_be_sent = false,
            error = left(p_error, 200),
            available_at = private.clock() + case
                when p_outcome = 'not_found' then interval '0'
                else least(interval '10 seconds' * 2 ^ attempts, interval '6 hours')
            end
        where id = p_message_id;
    end if;

    if p_suppress is not null then
        perform private.suppress_address(failed.channel, content.to_address, p_suppress)
        from public.message_contents content
        where content.message_id = p_message_id;
    end if;
    return (select message.status from public.messages message where message.id = p_message_id);
end;
$$;

-- Sends nothing more to an address over a channel. What was the graver cause stays. An address that is not known any more, since it was
-- erased, is none.
create function private.suppress_address(p_channel public.message_channel, p_address text, p_cause text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    insert into private.suppressed_addresses as known (channel, address, cause)
    select p_channel, lower(p_address), p_cause
    where p_address is not null
    on conflict (channel, address) do update
        set cause = excluded.cause
        where known.cause = 'unsubscribed';
$$;

-- Sends a message again of which nobody knows whether it was sent, once an admin of the platform has looked it up at the provider.
-- Definer: nobody writes messages directly.
create function private.admin_resend_message(p_message_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_platform_admin(p_reason);

    update public.messages
    set status = 'queued',
        may_be_sent = false,
        attempts = 0,
        available_at = private.clock(),
        send_after = private.clock()
    where id = p_message_id
        and status = 'unknown';
    if not found then
        perform private.refuse(
            'PT404', 'message_not_found',
            'There is no such message of which it is unknown whether it was sent.',
            'Look up such messages with python -m jobs doctor.'
        );
    end if;
    perform private.record_decision('messages', p_message_id::text, '{"status": "unknown"}', '{"status": "queued"}');
end;
$$;

-- Says that nothing may be sent to an address, such as after a complaint, or with no cause that it may again. For platform admins.
-- Definer: nobody writes the list directly.
create function private.admin_suppress_address(
    p_channel public.message_channel, p_address text, p_cause text, p_reason text
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_platform_admin(p_reason);
    if p_channel is null or coalesce(length(p_address), 0) not between 3 and 320 or p_cause not in ('hard_bounce', 'complaint') then
        perform private.refuse(
            'PT422', 'suppression_is_known',
            'That is no address and cause.',
            'Send an address, and hard_bounce, complaint or no cause.'
        );
    end if;

    if p_cause is null then
        delete from private.suppressed_addresses where channel = p_channel and address = lower(p_address);
    else
        perform private.suppress_address(p_channel, p_address, p_cause);
    end if;
    -- Without the address: the log keeps no data of persons.
    perform private.record_decision('suppressed_addresses', p_channel::text, '{}', jsonb_build_object('cause', p_cause));
end;
$$;
