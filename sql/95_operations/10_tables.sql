create table private.heartbeats (
    command text primary key,
    ran_at timestamptz not null default private.clock()
);

comment on table private.heartbeats is
    'When each scheduled command of the jobs ran to its end last, or, until it has, when the first of them did.';

alter table private.heartbeats enable row level security;
