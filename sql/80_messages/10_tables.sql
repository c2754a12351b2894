-- 80_messages: what people are told, over which channel, and what became of it.
--
--   15_kinds        the kinds of messages, and the platform's own texts
--   20_recipients   who is told: the learner's side, the instructor's side, the admins; and at which address
--   21_preferences  which kinds a person wants over which channel
--   22_queue        queue_messages: one message for each recipient and channel, in the transaction that causes it
--   23_still_recipient  who may not know any more what they were to be told
--   24_prove_phone  the code that proves that a phone number is its person's: texts go to no other
--   30_bookings     what is told of a booking, and what is planned for later: reminders, holds about to expire, lessons not completed
--   31_money        what is told of payments, refunds, payouts, accounts and prepaid hours
--   32_people       what is told of alerts, reported problems, invitations and guardianships
--   40_claim        claim_messages: hands due messages to a worker, after asking once more whether each is still true
--   41_fill         the text of a message: values, escaped for the channel, in the template of the recipient's language
--   42_facts        what a text can say: the values of its placeholders, and the calendar entry
--   43_record       what became of a message that was sent
--   50_events       delivery callbacks, answers as they come, and links to unsubscribe
--   51_mail_reports  what mail servers report later: bounces and complaints
--   52_compare      what Twilio lists of a day, for callbacks and answers that never came
--   53_answers      answers such as STOP: the latest of a number counts
--   60_feed         a person's notifications
--   61_templates    an organization's own texts
--   62_retain       for how long texts and addresses are kept
--   63_calendar_feed  the lessons of a person for their calendar, behind a secret
--
-- 82_effects calls the tell_of_ functions. The jobs deliver (jobs/messages.py), the webhook service takes callbacks and answers. Nothing here
-- may fail the change that it tells of: a kind without a template is told to nobody.

create type public.message_channel as enum ('app', 'email', 'sms', 'whatsapp');
create type public.message_status as enum (
    'queued', 'claimed', 'unknown', 'sent', 'delivered', 'bounced', 'failed', 'dropped'
);

create table private.message_kinds (
    key text primary key,
    class text not null,
    about text not null,
    is_urgent boolean not null default false,
    tells_admins boolean not null default false,
    constraint class_is_known check (class in ('essential', 'optional', 'marketing'))
);

comment on table private.message_kinds is 'Everything that people can be told of. A frontend names a kind by its key.';
comment on column private.message_kinds.class is
    'essential: cannot be switched off. optional: until the person switches it off. marketing: only if the person has asked for it.';
comment on column private.message_kinds.about is
    'What the message''s related row is: bookings, alerts, payments and so on. It decides which placeholders a text may have.';
comment on column private.message_kinds.is_urgent is 'Sent at any hour of the day.';
comment on column private.message_kinds.tells_admins is
    'Whether the organization''s admins are told of an alert that addresses an instructor or a learner.';

create table public.message_templates (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    kind text not null references private.message_kinds (key) on delete restrict,
    channel public.message_channel not null,
    locale text not null,
    subject text,
    body text not null,
    html text,
    content_sid text,
    content_status text,
    content_variables text[] not null default '{}',
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, kind, channel, locale),
    constraint locale_is_a_language check (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    constraint subject_is_a_line check (private.is_line(subject)),
    constraint only_mail_has_a_subject_and_html check (channel = 'email' or num_nonnulls(subject, html) = 0),
    constraint mail_has_a_subject check (channel <> 'email' or subject is not null),
    constraint the_app_shows_what_mail_says check (channel <> 'app'),
    constraint texts_are_short check (
        length(subject) <= 200 and length(body) <= case channel when 'email' then 20000 when 'sms' then 600 else 1024 end and length(html) <= 100000
    ),
    constraint body_is_visible check (private.is_visible(body)),
    constraint content_is_whatsapps check ((channel = 'whatsapp') = (content_sid is not null) and (content_sid is null) = (content_status is null)),
    constraint content_sid_is_twilios check (content_sid ~ '^HX[0-9a-f]{32}$'),
    constraint content_status_is_known check (
        content_status in ('unsubmitted', 'received', 'pending', 'approved', 'rejected', 'paused', 'disabled')
    )
);

create index on public.message_templates (kind);

comment on table public.message_templates is
    'The texts of a kind by channel and language. Those of the platform''s organization are the defaults; an organization''s own come first.';
comment on column public.message_templates.content_sid is 'WhatsApp sends only texts that it has approved: Twilio''s id of the approved one.';
comment on column public.message_templates.content_variables is 'The placeholders that fill the approved text''s {{1}}, {{2}} and so on.';

create table private.message_preferences (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.profiles (id) on delete cascade,
    channel public.message_channel not null,
    kind text references private.message_kinds (key) on delete cascade,
    is_on boolean not null,
    source text not null,
    changed_at timestamptz not null default private.clock(),
    unique nulls not distinct (user_id, channel, kind),
    constraint source_is_known check (source in ('person', 'link'))
);

create index on private.message_preferences (kind);

comment on table private.message_preferences is
    'What a person wants over a channel: one kind, or everything (kind is null). Consent to SMS and WhatsApp is such a row.';
comment on column private.message_preferences.source is
    'Where the choice was made: by the person, or by the link in a message. Answers such as STOP are in suppressed_addresses.';

create table private.planned_messages (
    org_id uuid not null,
    booking_id uuid not null,
    kind text not null references private.message_kinds (key) on delete restrict,
    due_at timestamptz not null,
    about_at timestamptz not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, booking_id, kind, due_at),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete cascade
);

create index on private.planned_messages (due_at);
create index on private.planned_messages (booking_id);
create index on private.planned_messages (kind);

comment on table private.planned_messages is
    'What will be told of a booking while it stays as it is. A move or an end removes the rows in its own transaction.';
comment on column private.planned_messages.about_at is
    'The instant that it is about: the lesson''s start or end, or the hold''s deadline. With another one it is not true any more.';

create table public.messages (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    kind text not null references private.message_kinds (key) on delete restrict,
    channel public.message_channel not null,
    recipient_id uuid references public.profiles (id) on delete set null,
    learner_id uuid,
    related_type text not null,
    related_id uuid not null,
    dedupe_key text not null,
    status public.message_status not null default 'queued',
    error text,
    send_after timestamptz not null,
    available_at timestamptz,
    about_at timestamptz,
    attempts integer not null default 0,
    claimed_by uuid,
    first_tried_at timestamptz,
    may_be_sent boolean not null default false,
    sent_at timestamptz,
    delivered_at timestamptz,
    read_at timestamptz,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, dedupe_key),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint attempts_are_not_negative check (attempts >= 0),
    constraint a_claimed_message_has_a_worker check ((status = 'claimed') = (claimed_by is not null)),
    constraint only_what_was_tried_waits_for_an_admin check (
        available_at is not null or status in ('unknown', 'sent', 'delivered', 'bounced', 'failed')
    ),
    constraint only_the_app_knows_what_was_read check (read_at is null or channel = 'app')
) with (fillfactor = 80);

create index on public.messages (available_at, id) where status in ('queued', 'claimed', 'unknown');
create index on public.messages (recipient_id, created_at, id);
create index on public.messages (org_id, channel, status);
create index on public.messages (related_type, related_id);
create index on public.messages (learner_id);
create index on public.messages (kind);

comment on table public.messages is
    'One message to one person over one channel, and what became of it. What it says is in message_contents.';
comment on column public.messages.recipient_id is 'Who is told; null: a learner without a login, or only an address.';
comment on column public.messages.learner_id is 'The learner as whose side the recipient is told: the learner, or a guardian.';
comment on column public.messages.dedupe_key is 'Kind, what it is about, recipient and channel: nobody is told the same twice.';
comment on column public.messages.send_after is 'When it was due. It may be sent later, within the hours in which the recipient wants messages.';
comment on column public.messages.available_at is
    'When a worker may claim it: again, once a lease has ended. Null: nobody may, before an admin has looked what became of it.';
comment on column public.messages.may_be_sent is 'Whether a worker has begun to send it and has not learnt that nothing was sent.';
comment on column public.messages.error is 'Why it was dropped, or failed, as a code.';

create table public.message_contents (
    message_id uuid not null unique,
    org_id uuid not null,
    recipient_id uuid references public.profiles (id) on delete set null,
    to_address text,
    subject text,
    body text,
    html text,
    calendar jsonb,
    content_sid text,
    content_variables jsonb,
    provider_id text,
    unsubscribe_token uuid not null default gen_random_uuid(),
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, message_id),
    foreign key (org_id, message_id) references public.messages (org_id, id) on delete cascade
);

create index on public.message_contents (recipient_id);
create index on public.message_contents (provider_id);
create index on public.message_contents (to_address);
create index on public.message_contents (unsubscribe_token);
create index on public.message_contents (created_at) where num_nonnulls(to_address, body) > 0;

comment on table public.message_contents is
    'What a message said and where it went, as it was when it was sent. Only its recipient reads it.';
comment on column public.message_contents.calendar is
    'The event for the recipient''s calendar: uid, sequence, method, start, end, summary, location.';
comment on column public.message_contents.provider_id is 'The Message-ID of a mail, or Twilio''s id of a message.';

create table private.phone_codes (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.profiles (id) on delete cascade,
    phone text not null,
    code text,
    tries_left integer not null default 5,
    created_at timestamptz not null default private.clock(),
    proven_at timestamptz,
    constraint phone_is_international check (phone = private.phone_or_null(phone)),
    constraint a_code_is_used_once check ((code is null) = (proven_at is not null)),
    constraint tries_are_few check (tries_left between 0 and 5)
);

create index on private.phone_codes (user_id, created_at);
create index on private.phone_codes (phone, created_at);

comment on table private.phone_codes is
    'Codes that were sent to phone numbers, and which of them came back: the number is proven to be the person''s then. Codes that never came '
    'back are kept for a day.';

create table private.suppressed_addresses (
    channel public.message_channel not null,
    address text not null,
    cause text not null,
    created_at timestamptz not null default private.clock(),
    primary key (channel, address),
    constraint cause_is_known check (cause in ('hard_bounce', 'complaint', 'stop', 'unsubscribed'))
);

comment on column private.suppressed_addresses.created_at is 'When it was said; of an answer, when that was sent.';

comment on table private.suppressed_addresses is
    'Addresses that nothing is sent to over a channel; unsubscribed: nothing that is not essential. Another address of the same person is free.';

create table private.message_events (
    id bigint generated always as identity primary key,
    provider_id text not null,
    type text not null,
    status text not null,
    error_code text,
    message_id uuid,
    address text,
    payload jsonb not null,
    received_at timestamptz not null default private.clock(),
    channel public.message_channel,
    sent_at timestamptz,
    unique (provider_id, type, status),
    constraint type_is_known check (type in ('status', 'inbound'))
);

create index on private.message_events (message_id);
create index on private.message_events (address);
create index on private.message_events (received_at);

comment on table private.message_events is 'What Twilio and mail servers have told about messages, each fact once, and what people have answered.';
comment on column private.message_events.status is
    'As the provider says it; of an answer what it means. erased: the text with this id was ours, or to us, and was erased with its person. '
    'unexplained: a text from our number that this project has not sent.';
comment on column private.message_events.channel is 'Of an answer; null: it came before channels were kept.';
comment on column private.message_events.sent_at is
    'When an answer was sent: when it came, or what Twilio lists, once that was compared. -infinity: nobody knows; null: when it was received.';

create table private.calendar_feeds (
    user_id uuid primary key references public.profiles (id) on delete cascade,
    token_hash text not null unique,
    created_at timestamptz not null default private.clock()
);

comment on table private.calendar_feeds is 'Behind which secret the webhook service shows a person''s lessons. Only the secret''s hash is kept.';

alter table private.calendar_feeds enable row level security;
alter table private.message_kinds enable row level security;
alter table public.message_templates enable row level security;
alter table private.message_preferences enable row level security;
alter table private.planned_messages enable row level security;
alter table public.messages enable row level security;
alter table public.message_contents enable row level security;
alter table private.phone_codes enable row level security;
alter table private.suppressed_addresses enable row level security;
alter table private.message_events enable row level security;

create trigger enforce_status_transition
    before insert or update of status on public.messages
    for each row execute function private.enforce_status_transition('message');

create trigger touch_updated_at
    before update on public.messages
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.message_contents
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.message_templates
    for each row execute function private.touch_updated_at();

select private.audit_table('public.message_templates', 'id');
