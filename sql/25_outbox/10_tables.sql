create table private.outbox (
    id bigint generated always as identity primary key,
    topic text not null,
    payload jsonb not null,
    idempotency_key text not null unique,
    subject text,
    attempts integer not null default 0,
    available_at timestamptz not null default private.clock(),
    leased_by uuid,
    leased_until timestamptz,
    last_error text,
    processed_at timestamptz,
    dead_at timestamptz,
    created_at timestamptz not null default private.clock(),
    constraint attempts_are_not_negative check (attempts >= 0),
    constraint lease_has_an_owner check ((leased_by is null) = (leased_until is null)),
    constraint finished_once check (num_nonnulls(processed_at, dead_at) <= 1),
    constraint finished_work_is_not_leased check (leased_by is null or num_nonnulls(processed_at, dead_at) = 0)
);

create index on private.outbox (topic, processed_at);
create index on private.outbox (available_at, id) where processed_at is null and dead_at is null;
create index on private.outbox (subject, id) where processed_at is null and dead_at is null;
create index on private.outbox (dead_at) where dead_at is not null;

comment on table private.outbox is
    'What SQL decided and Python must carry to Stripe, written in the transaction that decided it.';
comment on column private.outbox.idempotency_key is 'Made from the row that caused it, so that a repeated decision is one command.';
comment on column private.outbox.subject is
    'What it is about, such as payment:<id>: commands of one subject are carried out in their order, one at a time. Null: in any order.';
comment on column private.outbox.leased_until is 'Until then the command belongs to one worker; after it, to whoever claims it.';
comment on column private.outbox.dead_at is 'Given up after a final refusal or too many attempts; an admin decides and may replay it.';

alter table private.outbox enable row level security;
