-- Saves an organization's own text of a kind, for a channel and a language. Only placeholders that the kind has, and nothing else between
-- braces; WhatsApp's texts are approved by name (p_content_sid) with the placeholders that fill them. What goes to an address whose owner has
-- agreed to nothing yet is said in the platform's words: everybody can found a school, and invite strangers.
-- Definer: nobody writes templates directly.
create function private.save_message_template(
    p_org_id uuid,
    p_kind text,
    p_channel public.message_channel,
    p_locale text,
    p_subject text,
    p_body text,
    p_html text,
    p_content_sid text,
    p_content_variables text[]
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    saved_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_org_admin(p_org_id);
    if not exists (select from private.message_kinds kind where kind.key = p_kind) then
        perform private.refuse(
            'PT404', 'kind_not_found',
            'There is no such kind of message.',
            'Choose one of my_message_preferences.'
        );
    end if;
    if exists (
        select
        from private.message_kinds kind
        where kind.key = p_kind
            and kind.about in ('invitations', 'learner_guardians')
    ) then
        perform private.refuse(
            'PT422', 'text_is_the_platforms',
            'Who is invited does not know your organization yet, and is written to in the platform''s words.',
            'Send your own words yourself, together with the link of the invitation.'
        );
    end if;

    insert into public.message_templates as template (
        org_id, kind, channel, locale, subject, body, html, content_sid, content_status, content_variables
    )
    values (
        p_org_id, p_kind, p_channel, p_locale, p_subject, p_body, p_html, p_content_sid,
        case when p_content_sid is not null then 'unsubmitted' end, coalesce(p_content_variables, '{}')
    )
    on conflict (org_id, kind, channel, locale) do update
        set subject = excluded.subject,
            body = excluded.body,
            html = excluded.html,
            content_status = case
                when template.content_sid = excluded.content_sid then template.content_status else excluded.content_status
            end,
            content_sid = excluded.content_sid,
            content_variables = excluded.content_variables
    returning id into saved_id;
    return saved_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Refuses a text with a placeholder that its kind does not have, or with braces that are none.
-- Definer: an admin in Studio may not execute what it asks.
create function private.refuse_unknown_placeholders()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    known constant text[] := private.placeholders_of((select kind.about from private.message_kinds kind where kind.key = new.kind));
    unknown text;
begin
    select used.name into unknown
    from (
        select placeholder.found[1]
        from unnest(array[new.subject, new.body, new.html]) text (written)
        cross join regexp_matches(text.written, '\{\{([^{}]*)\}\}', 'g') placeholder (found)
        union all
        select unnest(new.content_variables)
        union all
        select '{'
        from unnest(array[new.subject, new.body, new.html]) text (written)
        where regexp_replace(text.written, '\{\{[^{}]*\}\}', '', 'g') ~ '\{\{|\}\}'
    ) used (name)
    where used.name <> all (known)
    limit 1;

    if unknown is not null then
        perform private.refuse(
            'PT422', 'unknown_placeholder',
            'The text has a placeholder that this kind of message does not have.',
            format('Use only these between {{ and }}: %s.', array_to_string(known, ', '))
        );
    end if;
    return new;
end;
$$;

create trigger refuse_unknown_placeholders
    before insert or update on public.message_templates
    for each row execute function private.refuse_unknown_placeholders();

-- Refuses a text of marketing, by SMS or WhatsApp, that does not say how to end it. A mail has its link from who sends it.
-- Definer: an admin in Studio may not execute what it asks.
create function private.refuse_marketing_without_end()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.channel in ('sms', 'whatsapp')
        and new.body !~ '\mSTOP\M'
        and exists (select from private.message_kinds kind where kind.key = new.kind and kind.class = 'marketing')
    then
        perform private.refuse(
            'PT422', 'opt_out_missing',
            'The text does not say how to get no more of these.',
            'Let it say that one can answer STOP.'
        );
    end if;
    return new;
end;
$$;

create trigger refuse_marketing_without_end
    before insert or update on public.message_templates
    for each row execute function private.refuse_marketing_without_end();

-- Removes an organization's own text, so that the platform's counts again. Definer: nobody writes templates directly.
create function private.delete_message_template(p_org_id uuid, p_template_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_org_admin(p_org_id);
    delete from public.message_templates where org_id = p_org_id and id = p_template_id;
    if not found then
        perform private.refuse(
            'PT404', 'template_not_found',
            'There is no such text of this organization.',
            'Reload the texts with organization_templates.'
        );
    end if;
end;
$$;

-- The texts that an organization sends: its own, and the platform's for the rest. Definer: nobody reads templates directly.
create function private.organization_templates(p_org_id uuid)
    returns table (
        id uuid,
        kind text,
        class text,
        channel public.message_channel,
        locale text,
        is_own boolean,
        subject text,
        body text,
        html text,
        content_sid text,
        content_status text,
        content_variables text[],
        placeholders text[]
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_org_admin(p_org_id);
    return query
    select
        template.id, template.kind, known.class, template.channel, template.locale, template.org_id = p_org_id,
        template.subject, template.body, template.html, template.content_sid, template.content_status,
        template.content_variables, private.placeholders_of(known.about)
    from public.message_templates template
    join private.message_kinds known on known.key = template.kind
    where template.org_id in (p_org_id, private.platform_id())
    order by template.kind, template.channel, template.locale, template.org_id = p_org_id;
end;
$$;

-- Mirrors what WhatsApp says of a text that was submitted to it. Definer: the jobs login has no access to the table.
create function private.record_template_status(p_content_sid text, p_status text)
    returns void
    language sql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
    update public.message_templates
    set content_status = p_status
    where content_sid = p_content_sid
        and content_status <> p_status;
$$;

-- The texts of WhatsApp whose approval the jobs ask for. Definer: the jobs login has no access to the table.
create function private.whatsapp_templates()
    returns table (content_sid text, content_status text)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select distinct template.content_sid, template.content_status
    from public.message_templates template
    where template.content_sid is not null;
$$;

-- What would be sent of a kind, each placeholder filled with its own name in capitals. Called by python -m jobs messages preview.
-- Definer: the jobs login has no access to the tables.
create function private.preview_message(p_kind text, p_org_id uuid, p_locale text)
    returns table (channel public.message_channel, locale text, subject text, body text, html text)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    facts jsonb;
begin
    select jsonb_object_agg(placeholder.name, upper(replace(placeholder.name, '_', ' '))) into facts
    from private.message_kinds known
    cross join unnest(private.placeholders_of(known.about)) placeholder (name)
    where known.key = p_kind;
    if facts is null then
        perform private.refuse(
            'PT404', 'kind_not_found',
            'There is no such kind of message.',
            'Choose one of my_message_preferences.'
        );
    end if;

    return query
    select
        way.name, template.locale, private.fill(template.subject, facts, 'line'),
        private.fill(template.body, facts, case way.name when 'sms' then 'line' else 'text' end),
        private.fill(template.html, facts, 'html')
    from unnest('{email,sms,whatsapp}'::public.message_channel[]) way (name)
    cross join private.choose_template(coalesce(p_org_id, private.platform_id()), p_kind, way.name, p_locale) template
    where template.id is not null;
end;
$$;
