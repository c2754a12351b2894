create type private.event_status as enum ('received', 'processed', 'ignored', 'parked', 'failed');

create table private.webhook_events (
    id uuid primary key default gen_random_uuid(),
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
    received_at timestamptz not null default private.clock(),
    processed_at timestamptz,
    unique (provider, event_id),
    constraint endpoint_is_known check (endpoint in ('platform', 'connect')),
    constraint finished_events_say_when check ((status = 'received') = (processed_at is null))
);

create index on private.webhook_events (provider, processed_at);
create index on private.webhook_events (received_at) where status in ('received', 'parked', 'failed');

comment on table private.webhook_events is 'Every webhook once, with what became of it. Kept for ever; the bodies are pruned.';
comment on column private.webhook_events.status is
    'received: jobs maintain applies it; processed; ignored: nothing for us to do; parked: stored whole, an admin must look; the note says why.';
comment on column private.webhook_events.occurred_at is 'When it happened at Stripe, to the second.';

create table private.webhook_event_bodies (
    event_id uuid not null,
    received_at timestamptz not null,
    raw bytea not null,
    primary key (event_id, received_at),
    foreign key (event_id) references private.webhook_events (id) on delete restrict
) partition by range (received_at);

create table private.webhook_event_bodies_default partition of private.webhook_event_bodies default;

comment on table private.webhook_event_bodies is 'The bytes as they came, by month, so that old months can be dropped.';

alter table private.webhook_events enable row level security;
alter table private.webhook_event_bodies enable row level security;
alter table private.webhook_event_bodies_default enable row level security;
