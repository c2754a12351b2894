create table public.alerts (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    instructor_id uuid,
    code text not null,
    message text not null,
    related_type text not null,
    related_id uuid not null,
    idempotency_key text not null unique,
    created_at timestamptz not null default private.clock(),
    resolved_at timestamptz,
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint message_is_short check (length(message) between 1 and 1000)
);

create index on public.alerts (org_id, instructor_id);
create index on public.alerts (org_id, created_at);
create index on public.alerts (instructor_id, created_at);

comment on table public.alerts is 'What somebody must know or do about their money, until it is resolved.';
comment on column public.alerts.instructor_id is 'The instructor who is told besides the organization''s admins; null for the admins alone.';
comment on column public.alerts.code is
    'Stable, for frontends: payout_held, payout_reversed, reversal_refused, bank_payout_failed or account_disconnected.';

alter table public.alerts enable row level security;

select private.audit_table('public.alerts', 'id');
