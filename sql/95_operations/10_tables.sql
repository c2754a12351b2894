create table private.heartbeats (
    command text primary key,
    ran_at timestamptz not null default private.clock()
);

comment on table private.heartbeats is
    'When each scheduled command of the jobs ran to its end last, or, until it has, when the first of them did.';

create table private.imported_rows (
    org_id uuid not null references public.organizations (id) on delete restrict,
    kind text not null,
    reference text not null,
    row_id uuid not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, kind, reference),
    constraint kind_is_known check (kind in ('learners', 'hours', 'bookings'))
);

comment on table private.imported_rows is
    'What was imported for a school, by the reference that its file gave it: a line is imported once. The row is a learner, a lot or a booking.';

alter table private.imported_rows enable row level security;
alter table private.heartbeats enable row level security;
