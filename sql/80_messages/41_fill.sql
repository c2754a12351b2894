-- Freezes what a message says and where it goes: the text of its kind for the channel, in the recipient's language and the organization's
-- own words where it has them. Called when it is claimed; a message that was tried before without success is written anew, and so is a
-- mail whose recipient has another address by now.
create function private.write_content(p_message public.messages, p_address text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    locale constant text := private.locale_of(p_message.recipient_id);
    template public.message_templates;
    facts jsonb;
begin
    template := private.choose_template(p_message.org_id, p_message.kind, p_message.channel, locale);
    facts := private.message_facts(p_message, template.locale);

    insert into public.message_contents as content (
        org_id, message_id, recipient_id, to_address, subject, body, html, calendar, content_sid, content_variables
    )
    values (
        p_message.org_id, p_message.id, p_message.recipient_id, p_address,
        left(private.fill(template.subject, facts, 'line'), 300),
        private.fill(template.body, facts, case p_message.channel when 'sms' then 'line' else 'text' end),
        private.fill(template.html, facts, 'html'),
        private.calendar_entry(p_message),
        template.content_sid,
        (
            select jsonb_object_agg(variable.number::text, coalesce(private.as_line(facts ->> variable.name), '-'))
            from unnest(template.content_variables) with ordinality variable (name, number)
        )
    )
    on conflict (org_id, message_id) do update
        set to_address = excluded.to_address,
            subject = excluded.subject,
            body = excluded.body,
            html = excluded.html,
            calendar = excluded.calendar,
            content_sid = excluded.content_sid,
            content_variables = excluded.content_variables
        where not p_message.may_be_sent
            or content.to_address is distinct from excluded.to_address;
end;
$$;

-- What the Message-ID of a mail has beside the message's id, which more people know than its recipient.
create function private.key_of_mail(p_content public.message_contents)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return left(encode(sha256(convert_to(p_content.unsubscribe_token::text, 'UTF8')), 'hex'), 32);

-- The language of a person; English for those who have not said.
create function private.locale_of(p_person_id uuid)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce((select profile.locale from public.profiles profile where profile.id = p_person_id), 'en');
$$;

-- The best text: in the person's language, else without the region, else English, else any; of two the organization's own.
create function private.choose_template(p_org_id uuid, p_kind text, p_channel public.message_channel, p_locale text)
    returns public.message_templates
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select template.*
    from public.message_templates template
    where template.kind = p_kind
        and template.channel = case p_channel when 'app' then 'email' else p_channel end
        and template.org_id in (p_org_id, private.platform_id())
        and (template.content_status is null or template.content_status = 'approved')
    order by
        template.locale = p_locale desc, template.locale = left(p_locale, 2) desc, template.locale = 'en' desc,
        template.org_id = p_org_id desc, template.id
    limit 1;
$$;

-- A value as one line: without line breaks and other control characters, so that it ends no header.
create function private.as_line(p_value text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return trim(regexp_replace(p_value, '[[:cntrl:]]+', ' ', 'g'));

-- A value as HTML shows it, whatever it contains.
create function private.as_html(p_value text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return replace(
    replace(replace(replace(replace(p_value, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;'
);

-- Puts values where a text names them, {{start_at}}, each escaped for where it goes: html, a line (a subject, an SMS), or text. What a
-- value contains is never looked at again, so that nobody's name can be a placeholder.
create function private.fill(p_text text, p_facts jsonb, p_as text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select string_agg(
        case part.number
            when 1 then part.text
            else coalesce(
                case p_as
                    when 'html' then private.as_html(p_facts ->> split_part(part.text, '}}', 1))
                    when 'line' then private.as_line(p_facts ->> split_part(part.text, '}}', 1))
                    else p_facts ->> split_part(part.text, '}}', 1)
                end,
                ''
            ) || substr(part.text, strpos(part.text, '}}') + 2)
        end,
        '' order by part.number
    )
    from string_to_table(p_text, '{{') with ordinality part (text, number);
$$;

-- The names that a text may have between {{ and }}, by what its kind is about.
create function private.placeholders_of(p_about text)
    returns text[]
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select '{organization_name,recipient_name}'::text[] || case p_about
        when 'bookings' then '{learner_name,instructor_name,service_title,start_at,end_at,minutes,pickup,old_start_at,due,total,'
            'hold_expires_at,collect_at,cancelled_by,reason}'
        when 'alerts' then '{message}'
        when 'payments' then '{amount}'
        when 'refunds' then '{amount}'
        when 'payouts' then '{amount,payout_date}'
        when 'subscriptions' then '{amount,product_name}'
        when 'payout_runs' then '{payout_date,reason}'
        when 'stripe_connect_accounts' then '{reason}'
        when 'learner_credits' then '{instructor_name,learner_name,hours,expires_on}'
        when 'problem_reports' then '{learner_name,instructor_name,start_at,decision}'
        when 'invitations' then '{role,expires_on}'
        when 'learner_guardians' then '{learner_name,expires_on}'
        when 'phone_codes' then '{code}'
        else '{}'
    end::text[];
$$;

-- An amount with its currency: GBP 48.60.
create function private.amount_text(p_cents bigint, p_currency text)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select format('%s %s', upper(p_currency), round(p_cents / 10::numeric ^ currency.minor_digits, currency.minor_digits))
    from private.currencies currency
    where currency.code = p_currency;
$$;

-- A zone's offset from UTC at an instant, such as UTC+01:00, if its clocks show the same time once more within hours; else null.
create function private.offset_if_doubled(p_at timestamptz, p_zone text)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select 'UTC' || to_char(shown.since_utc, case when shown.since_utc < interval '0' then 'HH24:MI' else '"+"HH24:MI' end)
    from (select (p_at at time zone p_zone) - (p_at at time zone 'UTC') as since_utc) shown
    where exists (
        select
        from (values (interval '-3 hours'), (interval '3 hours')) nearby (step)
        cross join lateral (
            select ((p_at + nearby.step) at time zone p_zone) - ((p_at + nearby.step) at time zone 'UTC') as since_utc
        ) other
        where other.since_utc <> shown.since_utc
            and (p_at + shown.since_utc - other.since_utc) at time zone p_zone = p_at at time zone p_zone
    );
$$;

-- An instant where the lesson is, with the zone's name: Fri 4 Dec 2026, 10:00 (Europe/London). Names of days and months are English, so
-- other languages get figures. In the hour that comes twice when clocks are put back, the offset says which of the two is meant.
create function private.time_text(p_at timestamptz, p_zone text, p_locale text)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select format(
        '%s (%s)',
        to_char(p_at at time zone p_zone, case when left(p_locale, 2) = 'en' then 'FMDy FMDD FMMon YYYY, HH24:MI' else 'YYYY-MM-DD HH24:MI' end),
        concat_ws(', ', p_zone, private.offset_if_doubled(p_at, p_zone))
    )
    where p_at is not null;
$$;
