create view public.message_log
    with (security_invoker = true)
as
select
    message.id,
    message.org_id,
    content.to_address,
    message.channel,
    message.kind as template_key,
    content.subject,
    content.body,
    content.provider_id,
    case
        when message.status in ('queued', 'claimed') then 'queued'
        when message.status in ('sent', 'delivered', 'unknown') then 'sent'
        else 'failed'
    end as status,
    message.error,
    message.related_type,
    message.related_id,
    message.created_at,
    message.updated_at,
    message.recipient_id
from public.messages message
left join public.message_contents content on content.org_id = message.org_id and content.message_id = message.id;

comment on view public.message_log is
    'Messages with the three statuses queued, sent and failed. Admins see that and when their organization sent something; what it says and '
    'where it went, only its recipient sees.';

create trigger refuse_write_to_view
    instead of insert or update or delete on public.message_log
    for each row execute function private.refuse_write_to_view();

create function public.my_notifications(
    p_only_unread boolean default false,
    p_limit integer default 50,
    p_after_created_at timestamptz default null,
    p_after_id uuid default null
)
    returns table (
        id uuid,
        org_id uuid,
        kind text,
        title text,
        body text,
        learner_id uuid,
        related_type text,
        related_id uuid,
        created_at timestamptz,
        read_at timestamptz
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        told.id, told.org_id, told.kind, told.title, told.body, told.learner_id, told.related_type, told.related_id,
        told.created_at, told.read_at
    from private.my_notifications(p_only_unread, p_limit, p_after_created_at, p_after_id) told;
end;

comment on function public.my_notifications is
    'What the caller was told in the app, the latest first, in pages of at most 200. learner_id is the learner as whose side the caller was '
    'told, related_type and related_id are the row that it is about. For the next page send created_at and id of the last row as '
    'p_after_created_at and p_after_id. Errors: sign_in_required.';

create function public.mark_notifications_read(p_ids uuid[] default null)
    returns integer
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.mark_notifications_read(p_ids);

comment on function public.mark_notifications_read is
    'Marks the caller''s notifications as read, all of them without p_ids, and returns how many were unread. Errors: sign_in_required.';

create function public.my_message_preferences()
    returns table (kind text, class text, channel public.message_channel, is_on boolean, can_change boolean)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select wanted.kind, wanted.class, wanted.channel, wanted.is_on, wanted.can_change
    from private.my_message_preferences() wanted;
end;

comment on function public.my_message_preferences is
    'Every kind of message, over every channel that it can take: whether the caller gets it, and whether that can be changed. class is '
    'essential, optional or marketing. Errors: sign_in_required.';

create function public.set_message_preference(p_channel public.message_channel, p_is_on boolean, p_kind text default null)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_message_preference(p_channel, p_is_on, p_kind);

comment on function public.set_message_preference is
    'Switches a kind of message on or off for the caller over a channel; without p_kind everything that can be switched. SMS and WhatsApp are '
    'off until the caller switches the channel on, and marketing until the caller switches its kind on. The number is the profile''s phone, '
    'once confirm_phone has proven it. Errors: sign_in_required, kind_not_found, value_missing.';

create function public.send_phone_code()
    returns timestamptz
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.send_phone_code();

comment on function public.send_phone_code is
    'Sends a code by SMS to the phone number in the caller''s profile, and returns until when confirm_phone takes it; null if the number is '
    'proven already. At most three a day to a person and to a number, and none to a number that has answered STOP. Errors: sign_in_required, '
    'phone_missing, too_many_phone_codes.';

create function public.confirm_phone(p_code text)
    returns boolean
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.confirm_phone(p_code);

comment on function public.confirm_phone is
    'Takes the code that send_phone_code sent, and returns whether it is the one: SMS and WhatsApp messages go to the number then, as the '
    'caller''s preferences say. The fifth wrong one ends the code. Errors: sign_in_required, no_phone_code.';

create function public.replace_calendar_feed()
    returns text
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.replace_calendar_feed();

comment on function public.replace_calendar_feed is
    'Returns a new secret of the caller''s calendar, and ends the one before. GET /calendars/<secret>.ics of the webhook service shows the '
    'lessons of the past 30 days and the coming year, and tests: what the caller teaches, learns, or may view as a guardian. It is not shown '
    'again. Errors: sign_in_required.';

create function public.end_calendar_feed()
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.end_calendar_feed();

comment on function public.end_calendar_feed is 'Ends the caller''s calendar: its secret leads nowhere any more. Errors: sign_in_required.';

create function public.save_message_template(
    p_org_id uuid,
    p_kind text,
    p_channel public.message_channel,
    p_locale text,
    p_body text,
    p_subject text default null,
    p_html text default null,
    p_content_sid text default null,
    p_content_variables text[] default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.save_message_template(
    p_org_id, p_kind, p_channel, p_locale, p_subject, p_body, p_html, p_content_sid, p_content_variables
);

comment on function public.save_message_template is
    'Saves an organization''s own text of a kind for a channel (email, sms, whatsapp) and a language such as en or de-AT, and returns its id. '
    'Texts name values as {{start_at}}; organization_templates lists which. The app shows the mail''s text. For admins. Errors: '
    'sign_in_required, organization_not_found, kind_not_found, text_is_the_platforms, unknown_placeholder, opt_out_missing, value_missing, '
    'and the rules of public.message_templates.';

create function public.delete_message_template(p_org_id uuid, p_template_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.delete_message_template(p_org_id, p_template_id);

comment on function public.delete_message_template is
    'Removes an organization''s own text, so that the platform''s is sent again. For admins. Errors: sign_in_required, '
    'organization_not_found, template_not_found.';

create function public.organization_templates(p_org_id uuid)
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
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        template.id, template.kind, template.class, template.channel, template.locale, template.is_own, template.subject,
        template.body, template.html, template.content_sid, template.content_status, template.content_variables, template.placeholders
    from private.organization_templates(p_org_id) template;
end;

comment on function public.organization_templates is
    'The texts that an organization sends, its own and the platform''s, with the placeholders that each may have. For admins. Errors: '
    'sign_in_required, organization_not_found.';

create function public.admin_resend_message(p_message_id uuid, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_resend_message(p_message_id, p_reason);

comment on function public.admin_resend_message is
    'Sends a message again of which it is unknown whether it was sent. Platform admins only. Errors: not_an_admin, second_factor_required, '
    'reason_required, message_not_found.';

create function public.admin_suppress_address(
    p_channel public.message_channel,
    p_address text,
    p_reason text,
    p_cause text default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_suppress_address(p_channel, p_address, p_cause, p_reason);

comment on function public.admin_suppress_address is
    'Sends nothing more to an address over a channel: p_cause is hard_bounce or complaint; without it, sending goes on. Platform admins only. '
    'Errors: not_an_admin, second_factor_required, reason_required, suppression_is_known.';
