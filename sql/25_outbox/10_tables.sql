-- 25_outbox: commands that SQL has decided and that Python carries to Stripe, written in the deciding transaction.
--
--   20_enqueue    enqueue_command: add a command once; called by payments, connect and payouts
--   30_carry_out  claim_commands, then finish_command, fail_command or postpone_commands: called by jobs/outbox.py
--   40_replay     admin_replay_command: try a dead command again
--
-- A command is waiting, leased to a worker, processed, or dead (given up). It may be carried out more than once, so every
-- command carries an idempotency key for Stripe. Workers look every second; nothing is announced, because pg_notify takes one lock of the
-- whole cluster through the commit of the transaction that calls it.

create table private.outbox (
    id bigint generated always as identity unique,
    org_id uuid not null references public.organizations (id) on delete restrict,
    topic text not null,
    payload jsonb not null,
    idempotency_key text not null,
    subject text,
    attempts integer not null default 0,
    available_at timestamptz not null default private.clock(),
    leased_by uuid,
    leased_until timestamptz,
    last_error text,
    processed_at timestamptz,
    dead_at timestamptz,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, idempotency_key),
    constraint attempts_are_not_negative check (attempts >= 0),
    constraint lease_has_an_owner check ((leased_by is null) = (leased_until is null)),
    constraint finished_once check (num_nonnulls(processed_at, dead_at) <= 1),
    constraint finished_work_is_not_leased check (leased_by is null or num_nonnulls(processed_at, dead_at) = 0)
);

create index on private.outbox (topic, processed_at);
create index on private.outbox (org_id, available_at, id) where processed_at is null and dead_at is null;
create index on private.outbox (subject, id) where processed_at is null and dead_at is null;
create index on private.outbox (leased_until) where leased_until is not null and processed_at is null and dead_at is null;
create index on private.outbox (dead_at) where dead_at is not null;

comment on table private.outbox is
    'Commands that SQL has decided and Python carries to Stripe, written in the transaction that decided them.';
comment on column private.outbox.idempotency_key is 'Made from the row that caused it, so that a repeated decision adds no second command.';
comment on column private.outbox.subject is
    'What the command is about, such as payment:<id>. Commands of one subject are carried out one at a time in the order of their '
    'ids; commands without a subject in any order.';
comment on column private.outbox.leased_until is 'Until this moment the command belongs to the worker leased_by; afterwards any worker may claim it.';
comment on column private.outbox.dead_at is 'When the command was given up, after a final refusal or max_attempts; an admin may replay it.';

alter table private.outbox enable row level security;
