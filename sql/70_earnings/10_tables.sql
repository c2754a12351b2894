create type public.earning_kind as enum (
    'lesson', 'cancellation', 'no_show', 'credit_expiry', 'refund', 'dispute', 'adjustment'
);
create type public.earning_status as enum ('pending', 'available', 'frozen', 'paid');
create type public.payout_run_status as enum ('open', 'completed');
create type public.payout_outcome as enum ('payout', 'skipped', 'held');
create type public.payout_status as enum (
    'pending', 'sending', 'paid', 'failed', 'unknown', 'held', 'cancelled', 'reversed'
);
create type public.bank_payout_status as enum ('pending', 'in_transit', 'paid', 'failed', 'cancelled');
create type private.attempt_status as enum ('sending', 'succeeded', 'refused', 'unknown', 'not_sent');

create table public.payout_runs (
    id uuid primary key default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    schedule public.payout_schedule not null,
    period_on date not null,
    sequence integer not null default 1,
    cutoff_at timestamptz not null,
    status public.payout_run_status not null default 'open',
    heartbeat_at timestamptz not null,
    completed_at timestamptz,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    unique (org_id, id),
    unique (org_id, schedule, period_on, sequence),
    constraint only_instant_runs_repeat_within_a_day check (sequence >= 1 and (sequence = 1 or schedule = 'instant')),
    constraint completed_runs_say_when check ((status = 'completed') = (completed_at is not null))
);

comment on table public.payout_runs is 'One payday of an organization: made once a period, resumed until everybody is paid.';
comment on column public.payout_runs.period_on is 'The payday, as a local date of the organization.';
comment on column public.payout_runs.sequence is 'Counts the instant runs of a day.';
comment on column public.payout_runs.cutoff_at is 'Earnings available by then are in the run; frozen when it is made.';
comment on column public.payout_runs.heartbeat_at is 'When a job last worked on it.';

-- A claim steps over what the payouts before it left in the two partial indexes of the queue, until that is vacuumed: often.
create table public.payouts (
    id uuid primary key default gen_random_uuid(),
    org_id uuid not null,
    run_id uuid not null,
    payee_id uuid not null,
    instructor_id uuid,
    connect_account_id uuid not null,
    currency text not null,
    amount_cents bigint not null,
    reversed_cents bigint not null default 0,
    status public.payout_status not null default 'pending',
    payout_date date not null,
    stripe_transfer_id text unique,
    failure_code text,
    failure_message text,
    paid_at timestamptz,
    last_tried_at timestamptz,
    leased_until timestamptz,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    unique (org_id, id),
    unique (run_id, payee_id, currency),
    foreign key (org_id, run_id) references public.payout_runs (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, connect_account_id) references public.stripe_connect_accounts (org_id, id) on delete restrict,
    constraint payee_is_the_instructor_or_the_organization check (payee_id = coalesce(instructor_id, org_id)),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amount_is_positive check (amount_cents > 0),
    constraint reversal_is_at_most_the_amount check (reversed_cents between 0 and amount_cents),
    constraint transfer_id_is_stripes check (stripe_transfer_id ~ '^tr_'),
    constraint paid_means_transferred check (
        (status in ('paid', 'reversed')) = (stripe_transfer_id is not null)
        and (status in ('paid', 'reversed')) = (paid_at is not null)
    ),
    constraint only_a_payout_being_sent_is_leased check ((status = 'sending') = (leased_until is not null)),
    constraint reversed_means_all_of_it check ((status = 'reversed') = (reversed_cents = amount_cents))
)
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, vacuum_index_cleanup = on);

create index on public.payouts (org_id, instructor_id);
create index on public.payouts (org_id, run_id);
create index on public.payouts (org_id, connect_account_id);
create index on public.payouts (instructor_id, payout_date);
create index on public.payouts (run_id, last_tried_at nulls first, id) where status in ('pending', 'failed', 'unknown');
create index on public.payouts (run_id, leased_until) where status = 'sending';
create index on public.payouts (run_id, status);

comment on table public.payouts is 'Our settlement to a payee: one Stripe transfer for all earnings of a run.';
comment on column public.payouts.payee_id is 'Whose ledger account is paid out: the instructor, or the organization.';
comment on column public.payouts.instructor_id is 'Null where the organization is the payee.';
comment on column public.payouts.leased_until is 'Until then a payout being sent belongs to one worker; after it, another may look it up and go on.';
comment on column public.payouts.status is 'paid means that the transfer was made; what the bank does later is another story.';

create table public.earnings (
    id uuid primary key default gen_random_uuid(),
    org_id uuid not null,
    instructor_id uuid not null,
    payee_id uuid not null,
    kind public.earning_kind not null,
    booking_id uuid,
    payment_id uuid,
    refund_id uuid,
    dispute_id uuid,
    credit_entry_id uuid unique,
    reversed_payout_id uuid,
    currency text not null,
    amount_cents bigint not null,
    available_at timestamptz not null,
    status public.earning_status not null default 'pending',
    payout_id uuid,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    unique (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    foreign key (org_id, refund_id) references public.refunds (org_id, id) on delete restrict,
    foreign key (org_id, dispute_id) references public.disputes (org_id, id) on delete restrict,
    foreign key (org_id, credit_entry_id) references public.credit_entries (org_id, id) on delete restrict,
    foreign key (org_id, payout_id) references public.payouts (org_id, id) on delete restrict,
    foreign key (org_id, reversed_payout_id) references public.payouts (org_id, id) on delete restrict,
    constraint payee_is_the_instructor_or_the_organization check (payee_id in (instructor_id, org_id)),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amount_is_not_zero check (amount_cents <> 0),
    constraint a_lesson_earns_a_positive_amount check (
        kind not in ('lesson', 'no_show', 'cancellation') or (amount_cents > 0 and booking_id is not null)
    ),
    constraint paid_earnings_are_in_a_payout check (status <> 'paid' or payout_id is not null),
    constraint only_available_earnings_are_paid_out check (payout_id is null or status in ('available', 'paid'))
);

create unique index one_earning_a_booking
    on public.earnings (booking_id)
    where kind in ('lesson', 'cancellation', 'no_show');
create unique index one_earning_a_refund on public.earnings (refund_id, kind) where refund_id is not null;
create index on public.earnings (org_id, status, available_at) where payout_id is null;
create index on public.earnings (org_id, instructor_id);
create index on public.earnings (org_id, booking_id);
create index on public.earnings (org_id, payment_id);
create index on public.earnings (org_id, refund_id);
create index on public.earnings (org_id, dispute_id);
create index on public.earnings (org_id, credit_entry_id);
create index on public.earnings (org_id, payout_id);
create index on public.earnings (org_id, reversed_payout_id);
create index on public.earnings (instructor_id, created_at);
create index on public.earnings (payout_id);

comment on table public.earnings is 'What an instructor earned, or gave back: signed, one row a cause.';
comment on column public.earnings.available_at is 'When it becomes payable: the lesson plus the organization''s hold.';
comment on column public.earnings.payout_id is 'The payout that pays it; its amount never changes from then on.';
comment on column public.earnings.reversed_payout_id is 'For an adjustment: the payout whose transfer came back.';

create table public.payout_items (
    payout_id uuid not null,
    earning_id uuid not null,
    org_id uuid not null,
    instructor_id uuid not null,
    amount_cents bigint not null,
    primary key (payout_id, earning_id),
    foreign key (org_id, payout_id) references public.payouts (org_id, id) on delete restrict,
    foreign key (org_id, earning_id) references public.earnings (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict
);

create index on public.payout_items (org_id, payout_id);
create index on public.payout_items (org_id, earning_id);
create index on public.payout_items (org_id, instructor_id);
create index on public.payout_items (instructor_id);

comment on table public.payout_items is 'The earnings of a payout; their amounts sum to it.';

create table public.payout_run_results (
    run_id uuid not null,
    org_id uuid not null,
    payee_id uuid not null,
    instructor_id uuid,
    currency text not null,
    amount_cents bigint not null,
    outcome public.payout_outcome not null,
    reason text,
    payout_id uuid,
    primary key (run_id, payee_id, currency),
    foreign key (org_id, run_id) references public.payout_runs (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, payout_id) references public.payouts (org_id, id) on delete restrict,
    constraint payee_is_the_instructor_or_the_organization check (payee_id = coalesce(instructor_id, org_id)),
    constraint a_payout_or_a_reason check (
        (outcome = 'payout') = (payout_id is not null)
        and (outcome = 'payout') = (reason is null)
    )
);

create index on public.payout_run_results (org_id, run_id);
create index on public.payout_run_results (org_id, instructor_id);
create index on public.payout_run_results (org_id, payout_id);
create index on public.payout_run_results (instructor_id);

comment on table public.payout_run_results is 'What a run decided for every payee with a balance, and why.';
comment on column public.payout_run_results.reason is
    'Skipped: negative_balance, nothing_due, below_minimum, no_account or account_not_ready. Held: account_restricted or admin_hold.';

create table public.bank_payouts (
    id uuid primary key default gen_random_uuid(),
    org_id uuid not null,
    connect_account_id uuid not null,
    instructor_id uuid,
    stripe_payout_id text not null unique,
    currency text not null,
    amount_cents bigint not null,
    status public.bank_payout_status not null,
    arrival_on date,
    failure_code text,
    failure_message text,
    last_event_at timestamptz not null,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    foreign key (org_id, connect_account_id) references public.stripe_connect_accounts (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint payout_id_is_stripes check (stripe_payout_id ~ '^po_')
);

create index on public.bank_payouts (org_id, connect_account_id);
create index on public.bank_payouts (org_id, instructor_id);
create index on public.bank_payouts (instructor_id, created_at);

comment on table public.bank_payouts is
    'Stripe''s payouts from a connected account to its bank, mirrored. A failed one leaves the money in that account: nothing is paid again.';
comment on column public.bank_payouts.arrival_on is 'When Stripe expects it at the bank.';

create table public.problem_reports (
    id uuid primary key default gen_random_uuid(),
    org_id uuid not null,
    booking_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    reported_by uuid references public.profiles (id) on delete set null,
    description text not null,
    resolution text,
    resolved_at timestamptz,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint description_is_short check (length(description) between 3 and 5000),
    constraint a_resolved_report_says_how check ((resolved_at is null) = (resolution is null))
);

create unique index one_open_report_a_booking on public.problem_reports (booking_id) where resolved_at is null;
create index on public.problem_reports (org_id, booking_id);
create index on public.problem_reports (org_id, learner_id);
create index on public.problem_reports (org_id, instructor_id);
create index on public.problem_reports (reported_by);
create index on public.problem_reports (learner_id);

comment on table public.problem_reports is 'A learner''s complaint within the payout hold: it freezes the earning until an admin decides.';

create table private.payout_attempts (
    payout_id uuid not null references public.payouts (id) on delete restrict,
    attempt integer not null,
    idempotency_key text not null unique,
    amount_cents bigint not null,
    currency text not null,
    destination text not null,
    status private.attempt_status not null default 'sending',
    worker_id uuid not null,
    error_code text,
    error_message text,
    started_at timestamptz not null,
    finished_at timestamptz,
    primary key (payout_id, attempt),
    constraint attempts_are_counted_from_one check (attempt >= 1),
    constraint destination_is_stripes check (destination ~ '^acct_'),
    constraint finished_attempts_say_when check ((status = 'sending') = (finished_at is null))
);

comment on table private.payout_attempts is
    'Each try to transfer a payout, committed before Stripe is called, with everything that it sends frozen.';

alter table public.payout_runs enable row level security;
alter table public.payouts enable row level security;
alter table public.earnings enable row level security;
alter table public.payout_items enable row level security;
alter table public.payout_run_results enable row level security;
alter table public.bank_payouts enable row level security;
alter table public.problem_reports enable row level security;
alter table private.payout_attempts enable row level security;

create trigger touch_updated_at
    before update on public.payout_runs
    for each row execute function private.touch_updated_at();

create trigger enforce_status_transition
    before insert or update of status on public.payouts
    for each row execute function private.enforce_status_transition('payout');

create trigger touch_updated_at
    before update on public.payouts
    for each row execute function private.touch_updated_at();

create trigger enforce_status_transition
    before insert or update of status on public.earnings
    for each row execute function private.enforce_status_transition('earning');

create trigger touch_updated_at
    before update on public.earnings
    for each row execute function private.touch_updated_at();

create trigger forbid_change
    before update or delete on public.payout_items
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.payout_items
    for each statement execute function private.forbid_change();

create trigger touch_updated_at
    before update on public.bank_payouts
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.problem_reports
    for each row execute function private.touch_updated_at();

select private.audit_table('public.bank_payouts', 'id');

select private.audit_table('public.problem_reports', 'id', '{description,resolution}');

select private.audit_table('public.payout_runs', 'id');

select private.audit_table('public.payouts', 'id');

select private.audit_table('public.earnings', 'id');
