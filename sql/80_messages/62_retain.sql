-- Removes what an organization's messages said and where they went 540 days after they were made, and what Twilio told of them and people
-- answered; that they were sent, when, and what became of them stays. While a payment of the learner is disputed everything stays, as
-- evidence. Returns how many messages were emptied. maintain_organization (95) calls it.
create function private.remove_old_texts(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    removed integer;
begin
    update public.message_contents
    set to_address = null,
        subject = null,
        body = null,
        html = null,
        calendar = null,
        content_variables = null
    where org_id = p_org_id
        and message_id = any (
            array(
                select content.message_id
                from public.message_contents content
                join public.messages message on message.org_id = content.org_id and message.id = content.message_id
                where content.org_id = p_org_id
                    and content.created_at < private.clock() - interval '540 days'
                    and num_nonnulls(content.to_address, content.body) > 0
                    and not private.is_evidence(message)
                order by content.created_at
                limit 1000
            )
        );
    get diagnostics removed = row_count;

    delete from private.message_events event
    using public.message_contents content
    where event.received_at < private.clock() - interval '540 days'
        and content.org_id = p_org_id
        and content.message_id = event.message_id
        and content.body is null;
    return removed;
end;
$$;

-- Removes what was told 540 days ago of no message that is known, such as what people have written by themselves, and returns how much. It
-- is of no organization. maintain_platform (95) calls it.
create function private.remove_old_reports()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    removed integer;
begin
    delete from private.message_events event
    where event.received_at < private.clock() - interval '540 days'
        and not exists (
            select
            from public.message_contents content
            where content.message_id = event.message_id
        );
    get diagnostics removed = row_count;
    return removed;
end;
$$;

-- Whether a message was sent to or about a learner of whose payments one is disputed.
create function private.is_evidence(p_message public.messages)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.disputes dispute
        left join public.bookings booking on booking.org_id = p_message.org_id and booking.id = p_message.related_id
        where dispute.org_id = p_message.org_id
            and dispute.closed_at is null
            and dispute.learner_id in (p_message.learner_id, booking.learner_id)
    );
$$;
