create table public.audit_logs (
    id bigint generated always as identity,
    created_at timestamptz not null default private.clock(),
    org_id uuid,
    entity_type text not null,
    entity_id text not null,
    action text not null,
    old_values jsonb,
    new_values jsonb,
    user_id uuid,
    actor_kind private.actor_kind not null,
    reason text,
    description text,
    ip inet,
    request_id text,
    primary key (id, created_at),
    constraint action_is_known check (action in ('insert', 'update', 'delete')),
    constraint values_fit_the_action check (
        (action = 'insert') = (old_values is null)
        and (action = 'delete') = (new_values is null)
    )
) partition by range (created_at);

create index on public.audit_logs (org_id, entity_type, entity_id);
create index on public.audit_logs (entity_type, entity_id, created_at);
create index on public.audit_logs (user_id);

-- Catches what no month's partition takes, so that a forgotten maintenance job stops no booking.
create table private.audit_logs_default partition of public.audit_logs default;

comment on table public.audit_logs is
    'Who changed what, when and why, one row a changed row. Append-only, one partition a month.';
comment on column public.audit_logs.entity_type is 'The table, such as bookings.';
comment on column public.audit_logs.old_values is 'Only the columns that changed, as they were.';
comment on column public.audit_logs.new_values is
    'Only the columns that changed, as they are; for an insert the columns that have a value. Personal data is recorded as "(personal)".';
comment on column public.audit_logs.user_id is 'The signed-in person, or the one for whom a service acted. No foreign key: the log outlives logins.';
comment on column public.audit_logs.reason is 'An admin''s reason.';

alter table public.audit_logs enable row level security;
alter table private.audit_logs_default enable row level security;

create trigger forbid_change
    before update or delete on public.audit_logs
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.audit_logs
    for each statement execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.audit_logs_default
    for each statement execute function private.forbid_change();
