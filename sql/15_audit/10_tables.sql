-- 15_audit: who changed what, when and why. Nobody writes the log directly, and nobody changes it.
--
--   20_record          the trigger of audited tables (record_change), who is acting, what of personal data is left out;
--                      record_decision for tables that are too busy to be audited as a whole
--   30_audited_tables  audit_table(…) attaches the triggers; the audited tables of rooms 10 to 14. Later rooms audit theirs
--                      at the end of their 10_tables.sql
--   40_partitions      one partition a month, created ahead by 95_operations (maintain_platform)
--
-- Admins read their organization's rows; rows of no organization are read in Studio.

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
create index on public.audit_logs (user_id);

-- Takes rows of months without a partition, so that a maintenance job that did not run stops no booking.
create table private.audit_logs_default partition of public.audit_logs default;

comment on table public.audit_logs is
    'Who changed what, when and why: one row for each changed row. Append-only, one partition a month.';
comment on column public.audit_logs.entity_type is 'The table''s name, such as bookings.';
comment on column public.audit_logs.old_values is 'The columns that changed, with their old values; for a delete the whole row.';
comment on column public.audit_logs.new_values is
    'The columns that changed, with their new values; for an insert the columns that have a value. Personal data is shown as '
    '"(personal)".';
comment on column public.audit_logs.user_id is
    'The signed-in person, or the person for whom a service acted. No foreign key: the log outlives logins.';
comment on column public.audit_logs.reason is 'The reason that a platform admin gave: for the platform, so no role of the API may read it.';
comment on column public.audit_logs.ip is
    'The address of the person''s device, as the platform''s own proxy gives it; null unless the setting lplate.client_address_header '
    'names the header in which it does.';

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
