-- Whether a person wants a kind of message over a channel. What is essential comes by app and mail in any case; SMS and WhatsApp are for
-- who has asked for them; and marketing is for who has asked for this very kind.
create function private.is_wanted(p_person_id uuid, p_kind text, p_channel public.message_channel)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select case
            when p_person_id is null then kind.class <> 'marketing' and p_channel = 'email'
            when kind.class = 'essential' and p_channel in ('app', 'email') then true
            when kind.class = 'marketing' then coalesce(of_kind.is_on, false) and coalesce(of_all.is_on, true)
            else coalesce(of_kind.is_on, of_all.is_on, p_channel in ('app', 'email'))
                and (p_channel in ('app', 'email') or coalesce(of_all.is_on, false))
        end
        from private.message_kinds kind
        left join private.message_preferences of_kind
            on of_kind.user_id = p_person_id
            and of_kind.channel = p_channel
            and of_kind.kind = p_kind
        left join private.message_preferences of_all
            on of_all.user_id = p_person_id
            and of_all.channel = p_channel
            and of_all.kind is null
        where kind.key = p_kind
    );
end;
$$;

-- Whether an organization has a text of a kind for a channel that may be sent, its own or the platform's. The app shows the text of the mail.
create function private.has_template(p_org_id uuid, p_kind text, p_channel public.message_channel)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select exists (
            select
            from public.message_templates template
            where template.kind = p_kind
                and template.org_id in (p_org_id, private.platform_id())
                and template.channel = case p_channel when 'app' then 'email' else p_channel end
                and (template.content_status is null or template.content_status = 'approved')
        )
    );
end;
$$;

-- The channels over which a person wants a kind and for which it has a text. WhatsApp sends only what it has approved: else the number
-- gets an SMS. Nobody: a learner without a login gets mails.
create function private.wanted_channels(p_org_id uuid, p_person_id uuid, p_kind text)
    returns setof public.message_channel
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    with wanted as (
        select channel.name
        from unnest(enum_range(null::public.message_channel)) channel (name)
        where private.is_wanted(p_person_id, p_kind, channel.name)
    ),

    usable as (
        select case
            when wanted.name = 'whatsapp' and not private.has_template(p_org_id, p_kind, 'whatsapp') then 'sms'
            else wanted.name
        end as name
        from wanted
    )

    select distinct usable.name
    from usable
    where private.has_template(p_org_id, p_kind, usable.name);
end;
$$;

-- Switches a kind, or everything that can be switched off (null), on or off for the caller over a channel.
-- Definer: nobody writes preferences directly.
create function private.set_message_preference(p_channel public.message_channel, p_is_on boolean, p_kind text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
begin
    if p_kind is not null and not exists (select from private.message_kinds kind where kind.key = p_kind) then
        perform private.refuse(
            'PT404', 'kind_not_found',
            'There is no such kind of message.',
            'Choose one of my_message_preferences.'
        );
    end if;
    if p_channel is null or p_is_on is null then
        perform private.refuse_violation('', 'preference');
    end if;
    perform private.record_preference(person, p_channel, p_kind, p_is_on, 'person');
end;
$$;

-- Records a choice, and when and by which way it was made.
create function private.record_preference(
    p_person_id uuid,
    p_channel public.message_channel,
    p_kind text,
    p_is_on boolean,
    p_source text
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    insert into private.message_preferences as preference (user_id, channel, kind, is_on, source)
    values (p_person_id, p_channel, p_kind, p_is_on, p_source)
    on conflict (user_id, channel, kind) do update
        set is_on = excluded.is_on,
            source = excluded.source,
            changed_at = private.clock();
$$;

-- What the caller gets over which channel, and which of it can be switched. Definer: nobody reads kinds and preferences directly.
create function private.my_message_preferences()
    returns table (kind text, class text, channel public.message_channel, is_on boolean, can_change boolean)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
begin
    return query
    select
        known.key,
        known.class,
        way.name,
        private.is_wanted(person, known.key, way.name),
        not (known.class = 'essential' and way.name in ('app', 'email'))
    from private.message_kinds known
    cross join unnest(enum_range(null::public.message_channel)) way (name)
    where private.has_template(private.platform_id(), known.key, way.name)
        and known.key <> 'phone_code'  -- only who asks for one gets one
    order by known.key, way.name;
end;
$$;
