-- Payouts: paying instructors, or their school, what they have earned, by Stripe transfers to their connected accounts.
-- A run is one payday of an organization. It decides for every payee (31_decide.sql), turns available earnings into payouts in one
-- transaction (30_open_run.sql), and sends them one by one until nothing is left (40_claim.sql, 41_record_transfer.sql,
-- 42_record_failure.sql). Every attempt is committed before Stripe is called, so a run that dies is resumed and pays nobody twice.
-- * The job `python -m jobs payouts` calls due_payout_runs (through 95_operations), open_payout_run, transfers_known_until,
--   find_unbooked_transfers and book_transfer (33_compare.sql: what Stripe has sent and the books do not know, as after a restore),
--   decide_payout_run, claim_payout, record_transfer or record_transfer_failure, and close_payout_run, in this order.
-- * Webhooks call apply_transfer and apply_bank_payout through 85_webhooks; and, for the platform's own payouts and top-ups,
--   apply_platform_payout and apply_top_up (56_platform_payouts.sql).
-- * The platform's admins hold, release and cancel payouts (50_hold.sql, 51_cancel.sql) and book transfers that the books lack
--   (52_adopt.sql); payees read statements, of a payout and of a year (60_statements.sql, 63_year_statement.sql), and set how
--   they are paid (61_settings.sql).
-- Every payout rests on 70_earnings: its items are earnings, and what is reversed or cancelled becomes payable again.
create type public.payout_run_status as enum ('open', 'completed');
create type public.payout_outcome as enum ('payout', 'skipped', 'held');
create type public.payout_status as enum (
    'pending', 'sending', 'paid', 'failed', 'unknown', 'held', 'cancelled', 'reversed'
);
create type public.bank_payout_status as enum ('pending', 'in_transit', 'paid', 'failed', 'cancelled');
create type private.attempt_status as enum ('sending', 'succeeded', 'refused', 'unknown', 'not_sent');

create table public.payout_runs (
    id uuid not null unique default gen_random_uuid(),
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
    primary key (org_id, id),
    unique (org_id, schedule, period_on, sequence),
    constraint only_instant_runs_repeat_within_a_day check (sequence >= 1 and (sequence = 1 or schedule = 'instant')),
    constraint completed_runs_say_when check ((status = 'completed') = (completed_at is not null))
);

comment on table public.payout_runs is 'One payday of an organization: opened once a period, and resumed until every payout of it is settled.';
comment on column public.payout_runs.period_on is 'The payday, as a date in the organization''s time zone.';
comment on column public.payout_runs.sequence is 'Numbers the runs of a day, of which only the instant schedule can have several.';
comment on column public.payout_runs.cutoff_at is 'The run pays what is payable by then. Set when the run is opened; never changed.';
comment on column public.payout_runs.heartbeat_at is 'When a job last worked on the run.';

-- The two partial indexes below are the queue of a run. Every payout sent leaves dead entries in them that the next claim has to
-- step over, hence the frequent vacuum.
create table public.payouts (
    id uuid not null unique default gen_random_uuid(),
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
    stripe_transfer_id text,
    failure_code text,
    failure_message text,
    paid_at timestamptz,
    last_tried_at timestamptz,
    leased_until timestamptz,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
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

create index on public.payouts (org_id, connect_account_id);
create index on public.payouts (instructor_id, payout_date);
create index on public.payouts (run_id, last_tried_at nulls first, id) where status in ('pending', 'failed', 'unknown');
create index on public.payouts (run_id, leased_until) where status = 'sending';

comment on table public.payouts is 'What a run pays one payee in one currency: one Stripe transfer for all their earnings.';
comment on column public.payouts.id is
    'Derived from the run, the payee and the currency (derive_payout_id), so that a database restored to before a payday draws it again.';
comment on column public.payouts.payee_id is 'The instructor or the organization that is paid, as the ledger names the owner of the account.';
comment on column public.payouts.instructor_id is 'Null when the organization is the payee.';
comment on column public.payouts.leased_until is
    'While a payout is being sent: until then it belongs to one worker; afterwards another may look the transfer up and go on.';
comment on column public.payouts.status is 'paid: the transfer was made. What the payee''s bank does later is in bank_payouts.';

alter table public.earnings
    add foreign key (org_id, payout_id) references public.payouts (org_id, id) on delete restrict,
    add foreign key (org_id, reversed_payout_id) references public.payouts (org_id, id) on delete restrict;

create table public.payout_items (
    payout_id uuid not null,
    earning_id uuid not null,
    org_id uuid not null,
    instructor_id uuid not null,
    amount_cents bigint not null,
    primary key (org_id, payout_id, earning_id),
    foreign key (org_id, payout_id) references public.payouts (org_id, id) on delete restrict,
    foreign key (org_id, earning_id) references public.earnings (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict
) with (fillfactor = 80);

create index on public.payout_items (org_id, earning_id);
create index on public.payout_items (instructor_id);

comment on table public.payout_items is 'The earnings that a payout pays. Their amounts sum to the amount of the payout.';

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
    primary key (org_id, run_id, payee_id, currency),
    foreign key (org_id, run_id) references public.payout_runs (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, payout_id) references public.payouts (org_id, id) on delete restrict,
    constraint payee_is_the_instructor_or_the_organization check (payee_id = coalesce(instructor_id, org_id)),
    constraint a_payout_or_a_reason check (
        (outcome = 'payout') = (payout_id is not null)
        and (outcome = 'payout') = (reason is null)
    )
);

create index on public.payout_run_results (org_id, payout_id);
create index on public.payout_run_results (instructor_id);

comment on table public.payout_run_results is 'What a run decided for every payee with a balance, and the reason if it made no payout.';
comment on column public.payout_run_results.reason is
    'Skipped: negative_balance, nothing_due, below_minimum, no_account or account_not_ready. Held: account_restricted or admin_hold.';

create table public.bank_payouts (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    connect_account_id uuid not null,
    instructor_id uuid,
    stripe_payout_id text not null,
    currency text not null,
    amount_cents bigint not null,
    status public.bank_payout_status not null,
    arrival_on date,
    failure_code text,
    failure_message text,
    last_event_at timestamptz not null,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (stripe_payout_id, org_id),
    foreign key (org_id, connect_account_id) references public.stripe_connect_accounts (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint payout_id_is_stripes check (stripe_payout_id ~ '^po_')
);

create index on public.bank_payouts (org_id, connect_account_id);
create index on public.bank_payouts (instructor_id, created_at);

comment on table public.bank_payouts is
    'Mirror of Stripe''s payouts from connected accounts to their banks. When one fails the money is back in the connected account, so nothing '
    'is paid again.';
comment on column public.bank_payouts.arrival_on is 'The day on which Stripe expects the money at the bank.';

create table private.payout_attempts (
    org_id uuid not null,
    payout_id uuid not null,
    attempt integer not null,
    idempotency_key text not null,
    amount_cents bigint not null,
    currency text not null,
    destination text not null,
    status private.attempt_status not null default 'sending',
    worker_id uuid not null,
    error_code text,
    error_message text,
    started_at timestamptz not null,
    finished_at timestamptz,
    primary key (org_id, payout_id, attempt),
    unique (org_id, idempotency_key),
    foreign key (org_id, payout_id) references public.payouts (org_id, id) on delete restrict,
    constraint attempts_are_counted_from_one check (attempt >= 1),
    constraint destination_is_stripes check (destination ~ '^acct_'),
    constraint finished_attempts_say_when check ((status = 'sending') = (finished_at is null))
);

comment on table private.payout_attempts is
    'Attempts to transfer a payout. An attempt is committed before Stripe is called, with everything that the call sends.';

create table private.unbooked_transfers (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    stripe_transfer_id text not null,
    payout_id uuid not null,
    payee_id uuid,
    instructor_id uuid,
    currency text not null,
    amount_cents bigint not null,
    reversed_cents bigint not null,
    destination text not null,
    cause text not null,
    transferred_at timestamptz not null,
    adopted_at timestamptz,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (stripe_transfer_id, org_id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint payee_is_the_instructor_or_the_organization check (payee_id = coalesce(instructor_id, org_id)),
    constraint transfer_id_is_stripes check (stripe_transfer_id ~ '^tr_'),
    constraint reversal_is_at_most_the_amount check (reversed_cents between 0 and amount_cents)
);

create index on private.unbooked_transfers (org_id, instructor_id);
create index on private.unbooked_transfers (payout_id);

comment on table private.unbooked_transfers is
    'Transfers that Stripe has made for payouts of ours and that the books do not account for, as after a restore. A run that can pay a '
    'payout by one after all removes its row; admin_adopt_transfer books any other.';
comment on column private.unbooked_transfers.payout_id is 'The payout that the transfer''s metadata name; the books may have no such row.';
comment on column private.unbooked_transfers.payee_id is 'Null while the books do not know the account that was paid.';
comment on column private.unbooked_transfers.reversed_cents is 'What Stripe has reversed of it, and, once it is adopted, is booked.';
comment on column private.unbooked_transfers.cause is 'Why no payout is paid by it: a code that apply_transfer gives.';
comment on column private.unbooked_transfers.adopted_at is
    'When an admin booked it as paid in advance, which the next payouts deduct. Its row stays, because it may be reversed later.';

alter table public.earnings
    add foreign key (org_id, adopted_transfer_id) references private.unbooked_transfers (org_id, id) on delete restrict;

comment on column private.payout_attempts.started_at is 'When it was first tried. It may be tried again, under the same key.';

alter table public.payout_runs enable row level security;
alter table public.payouts enable row level security;
alter table public.payout_items enable row level security;
alter table public.payout_run_results enable row level security;
alter table public.bank_payouts enable row level security;
alter table private.payout_attempts enable row level security;
alter table private.unbooked_transfers enable row level security;

create trigger touch_updated_at
    before update on public.payout_runs
    for each row execute function private.touch_updated_at();

create trigger enforce_status_transition
    before insert or update of status on public.payouts
    for each row execute function private.enforce_status_transition('payout');

create trigger touch_updated_at
    before update on public.payouts
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

select private.audit_table('public.bank_payouts', 'id');
select private.audit_table('public.payout_runs', 'id');
select private.audit_table('public.payouts', 'id');
select private.audit_table('private.unbooked_transfers', 'id');

create trigger register_transfer
    after insert or update of stripe_transfer_id on public.payouts
    for each row
    when (new.stripe_transfer_id is not null)
    execute function private.register_stripe_object('transfer', 'stripe_transfer_id');

create trigger register_transfer
    after insert or update of stripe_transfer_id on private.unbooked_transfers
    for each row
    execute function private.register_stripe_object('transfer', 'stripe_transfer_id');

create trigger register_payout
    after insert or update of stripe_payout_id on public.bank_payouts
    for each row
    execute function private.register_stripe_object('payout', 'stripe_payout_id');
