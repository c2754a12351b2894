-- What learners have paid their instructor or the school for lessons, in cash or by bank transfer: one row a lesson, which 32_outside.sql
-- writes. The platform never has that money: the fee for it is an earning of the payee, below zero (70_earnings).
create type public.outside_payment_method as enum ('cash', 'bank_transfer', 'other');

create table public.outside_payments (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    item_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    method public.outside_payment_method not null,
    currency text not null,
    amount_cents bigint not null,
    recorded_by uuid references public.profiles (id) on delete set null,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, item_id) references public.order_items (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amount_is_positive check (amount_cents > 0)
);

create unique index one_outside_payment_an_item on public.outside_payments (org_id, item_id);
create index on public.outside_payments (learner_id);
create index on public.outside_payments (instructor_id);
create index on public.outside_payments (recorded_by);

comment on table public.outside_payments is
    'What was paid for a lesson to its instructor or the school, in cash or by bank transfer. What a cancellation gives back of it, they do.';
comment on column public.outside_payments.amount_cents is
    'All that was paid for the lesson, in the minor unit, also when it moved to a dearer time.';
comment on column public.outside_payments.recorded_by is 'Who recorded it; null once that login was erased.';

alter table public.outside_payments enable row level security;

create trigger touch_updated_at
    before update on public.outside_payments
    for each row execute function private.touch_updated_at();

create trigger forbid_change
    before update of id, org_id, item_id, learner_id, instructor_id, currency, created_at or delete on public.outside_payments
    for each row execute function private.forbid_change();

select private.audit_table('public.outside_payments', 'id');
