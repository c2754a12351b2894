-- Webhooks: the inbox of Stripe's events. The Flask service verifies a webhook's signature and calls receive_stripe_event, which
-- stores, applies and marks the event in one transaction (20_receive.sql). Each kind of event is applied by the room that it
-- concerns: payments, refunds, disputes, connected accounts, payouts.
-- An event that cannot be applied is parked, never lost: jobs maintain tries again while what it is about may still become known,
-- and a platform admin can have it replayed (30_retry.sql). Errors that pass by themselves are raised, so that Stripe retries. Bodies of
-- old months are removed (50_retain.sql).
-- Statuses: received → processed | ignored | parked; a parked event may be received again. jobs doctor lists parked events.
-- Called by: webhook_service (receive_stripe_event), jobs maintain (assign_waiting_events, apply_waiting_events), platform admins
-- (admin_replay_event, admin_dismiss_event).
create type private.event_status as enum ('received', 'processed', 'ignored', 'parked', 'failed');

create table private.webhook_events (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    provider text not null default 'stripe',
    event_id text not null,
    endpoint text not null,
    type text not null,
    account text,
    livemode boolean not null,
    api_version text,
    occurred_at timestamptz not null,
    status private.event_status not null default 'received',
    note text,
    attempts integer not null default 0,
    is_waiting boolean not null generated always as (
        status in ('parked', 'failed') or (status = 'received' and attempts > 0)
    ) stored,
    received_at timestamptz not null default private.clock(),
    processed_at timestamptz,
    primary key (org_id, id),
    unique (provider, event_id),
    constraint endpoint_is_known check (endpoint in ('platform', 'connect', 'thin')),
    constraint finished_events_say_when check ((status = 'received') = (processed_at is null))
) with (fillfactor = 80);

-- An event that is applied at once, as almost all are, changes no index: its update is HOT.
create index on private.webhook_events (provider, received_at);
create index on private.webhook_events (org_id, received_at) where is_waiting;

comment on table private.webhook_events is
    'Every event that Stripe has sent, once, with its outcome. Rows are kept for ever; only the bodies are pruned.';
comment on column private.webhook_events.org_id is
    'Whose money or account it is about, as far as that is known; else the platform''s.';
comment on column private.webhook_events.account is
    'The connected account: whose event it is (endpoint connect), or what changed (thin).';
comment on column private.webhook_events.api_version is 'Null of thin events, which have none.';
comment on column private.webhook_events.status is
    'received: waits for jobs maintain to apply it; processed; ignored: does not concern us; parked: could not be applied, the note says why.';
comment on column private.webhook_events.is_waiting is 'Whether it has been tried, and waits for jobs maintain or an admin.';
comment on column private.webhook_events.note is
    'Why, as a code: a word of ours, or an SQLSTATE and the constraint that broke; never words of the event.';
comment on column private.webhook_events.occurred_at is 'When the event happened at Stripe, in whole seconds.';

create table private.webhook_event_bodies (
    org_id uuid not null,
    event_id uuid not null,
    received_at timestamptz not null,
    raw bytea not null,
    primary key (org_id, event_id, received_at),
    foreign key (org_id, event_id) references private.webhook_events (org_id, id) on update cascade on delete restrict
) partition by range (received_at);

create table private.webhook_event_bodies_default partition of private.webhook_event_bodies default;

comment on table private.webhook_event_bodies is 'The bodies of events, byte for byte, partitioned by month so that old months can be emptied.';

alter table private.webhook_events enable row level security;
alter table private.webhook_event_bodies enable row level security;
alter table private.webhook_event_bodies_default enable row level security;
