-- Earnings: what instructors have earned and what was taken back, one signed row a cause. A row says when it can be paid
-- (available_at), where it stands (11_transitions.sql) and, later, which payout pays it.
-- * 20_accrue.sql adds a row when a booking has ended and is paid, the difference when a refund or a dispute changes what it earned,
--   and a row when prepaid minutes are forfeited.
-- * 40_freeze.sql and 41_report_problem.sql stop an earning while a dispute or a complaint is open.
-- * 42_refund_guard.sql lets a school refund only what its payees have not been paid out.
-- * 50_payable.sql decides which earnings are payable, and moves them in the ledger from pending to payable.
-- * 60_write_off.sql makes up for a balance that stays negative, at the platform's cost.
-- Called by 82_effects when bookings, payments, refunds, disputes and credit entries change; by 72_payouts, whose runs pay
-- earnings; by jobs maintain; by learners who report a problem, and by the platform's admins who decide on it.
-- An earning is never edited once a payout holds it; a correction is another row.
create type public.earning_kind as enum (
    'lesson', 'cancellation', 'no_show', 'credit_expiry', 'refund', 'dispute', 'adjustment', 'write_off'
);
create type public.earning_status as enum ('pending', 'available', 'frozen', 'paid', 'closed');

create table public.earnings (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    instructor_id uuid not null,
    payee_id uuid not null,
    kind public.earning_kind not null,
    item_id uuid,
    booking_id uuid,
    payment_id uuid,
    refund_id uuid,
    dispute_id uuid,
    credit_entry_id uuid unique,
    reversed_payout_id uuid,
    adopted_transfer_id uuid,
    fee_plan_id uuid,
    fee_period_on date,
    currency text not null,
    amount_cents bigint not null,
    available_at timestamptz not null,
    status public.earning_status not null default 'pending',
    payout_id uuid,
    is_unpaid boolean not null generated always as (payout_id is null and status <> 'closed') stored,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, item_id) references public.order_items (org_id, id) on delete restrict,
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    foreign key (org_id, refund_id) references public.refunds (org_id, id) on delete restrict,
    foreign key (org_id, dispute_id) references public.disputes (org_id, id) on delete restrict,
    foreign key (org_id, credit_entry_id) references public.credit_entries (org_id, id) on delete restrict,
    constraint payee_is_the_instructor_or_the_organization check (payee_id in (instructor_id, org_id)),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amount_is_not_zero check (amount_cents <> 0),
    constraint a_lesson_earns_a_positive_amount check (
        kind not in ('lesson', 'no_show', 'cancellation') or (amount_cents > 0 and booking_id is not null)
    ),
    constraint an_instructor_fee_is_of_a_period check (
        (fee_plan_id is null) = (fee_period_on is null)
        and (fee_plan_id is null or (kind = 'adjustment' and amount_cents < 0 and item_id is null))
    ),
    constraint paid_earnings_are_in_a_payout check (status <> 'paid' or payout_id is not null),
    constraint only_available_earnings_are_paid_out check (payout_id is null or status in ('available', 'paid'))
) with (fillfactor = 80);

create unique index one_earning_a_booking
    on public.earnings (booking_id)
    where kind in ('lesson', 'cancellation', 'no_show');
create unique index one_earning_a_refund on public.earnings (refund_id, item_id, kind) where refund_id is not null;
create unique index one_fee_an_instructor_and_period
    on public.earnings (org_id, instructor_id, fee_plan_id, fee_period_on)
    where fee_plan_id is not null;
create index on public.earnings (org_id, available_at) where is_unpaid;
create index on public.earnings (org_id, item_id);
create index on public.earnings (org_id, booking_id);
create index on public.earnings (org_id, payment_id);
create index on public.earnings (org_id, refund_id);
create index on public.earnings (org_id, dispute_id);
create index on public.earnings (org_id, reversed_payout_id);
create index on public.earnings (org_id, adopted_transfer_id);
create index on public.earnings (org_id, fee_plan_id);
create index on public.earnings (instructor_id, created_at);
create index on public.earnings (payout_id);

comment on table public.earnings is 'What an instructor earned (positive) or gave back (negative): one row for each cause.';
comment on column public.earnings.available_at is
    'Not payable before: the end of the lesson plus the organization''s payout hold, or when Stripe makes the money available if that is later.';
comment on column public.earnings.payout_id is 'The payout that pays it. From then on its amount never changes.';
comment on column public.earnings.is_unpaid is
    'Whether a payout is still to pay it. It changes once, and with it the indexes, whatever else happens to the earning.';
comment on column public.earnings.reversed_payout_id is 'Of an adjustment: the payout whose transfer was reversed.';
comment on column public.earnings.fee_plan_id is 'Of an adjustment: the plan by which the platform charges instructors regularly.';
comment on column public.earnings.fee_period_on is 'The first day of the week or month that an instructor is charged for.';
comment on column public.earnings.adopted_transfer_id is
    'Of an adjustment: the transfer that an admin booked as paid in advance, or what was reversed of it later.';

create table public.problem_reports (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    booking_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    reported_by uuid references public.profiles (id) on delete set null,
    description text not null,
    resolution text,
    resolved_at timestamptz,
    awaits_refund boolean not null default false,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint description_is_short check (length(description) between 3 and 5000),
    constraint description_is_visible check (private.is_visible(description)),
    constraint a_resolved_report_says_how check ((resolved_at is null) = (resolution is null)),
    constraint only_a_resolved_report_awaits_a_refund check (not awaits_refund or resolved_at is not null)
);

create unique index one_open_report_a_booking on public.problem_reports (booking_id) where resolved_at is null;
create index on public.problem_reports (org_id, booking_id);
create index on public.problem_reports (org_id, instructor_id);
create index on public.problem_reports (reported_by);
create index on public.problem_reports (learner_id);

comment on column public.problem_reports.awaits_refund is
    'The admin has decided for a refund that is not made yet; the earning stays frozen until it is.';
comment on table public.problem_reports is
    'A learner''s complaint about a lesson, made before it is paid out: it freezes the earning until a platform admin decides.';

alter table public.earnings enable row level security;
alter table public.problem_reports enable row level security;

create trigger enforce_status_transition
    before insert or update of status on public.earnings
    for each row execute function private.enforce_status_transition('earning');

create trigger touch_updated_at
    before update on public.earnings
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.problem_reports
    for each row execute function private.touch_updated_at();

select private.audit_table('public.problem_reports', 'id', '{description,resolution}');
select private.audit_table('public.earnings', 'id');
