create type public.instructor_fee_period as enum ('week', 'month');

create table public.instructor_fee_plans (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    currency text not null,
    amount_cents bigint not null,
    period public.instructor_fee_period not null,
    starts_on date not null,
    ends_on date,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint fee_is_plausible check (amount_cents between 1 and 1000000),
    constraint end_is_after_start check (ends_on > starts_on)
);

create unique index one_instructor_fee_plan_in_force on public.instructor_fee_plans (org_id) where ends_on is null;

comment on table public.instructor_fee_plans is
    'What each active instructor of an organization is charged by the platform, once a week or a month, besides the fee for each lesson.';
comment on column public.instructor_fee_plans.amount_cents is 'The fee of an instructor for a period, in the minor unit.';
comment on column public.instructor_fee_plans.starts_on is 'The first day of the first period, in the organization''s time zone.';
comment on column public.instructor_fee_plans.ends_on is 'Periods that begin on this day or later are not charged; null while it is in force.';

alter table public.earnings
    add foreign key (org_id, fee_plan_id) references public.instructor_fee_plans (org_id, id) on delete restrict;

alter table public.instructor_fee_plans enable row level security;

create trigger touch_updated_at
    before update on public.instructor_fee_plans
    for each row execute function private.touch_updated_at();

select private.audit_table('public.instructor_fee_plans', 'id');
