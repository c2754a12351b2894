-- 90_reconciliation: does Stripe say the same as the ledger, to the cent? `jobs reconcile` asks every day.
--
--   20_mirror      keeps a copy of every balance transaction of the platform's Stripe account
--   21_movements   collects what the ledger posted to stripe_balance, each under the Stripe object that moved the money
--   30_match       pairs the two where they say the same; nothing is guessed
--   40_exceptions  writes down what does not pair, and why; admins decide about each
--   50_balance     compares what Stripe holds, less all that has a name, with the ledger: the remainder must be zero
--   60_reports     freezes each day's figures in reconciliation_reports
--   62_months      closes a month of the books: its totals stay, and what comes later is booked in the first open month
--   64_month_report, 65_month_lists  what `jobs report` shows of a month, and a school's own page of the same
--   66_kpis        how a school, or the platform, does, month by month
--   70_keys        which object and step a balance transaction, or a ledger transaction, is about
--
-- The balance is reconciled, not payouts: those of the platform are manual, so Stripe cannot say what one of them contains. Days are UTC,
-- as in Stripe's own reports.

create table private.balance_transactions (
    id text primary key,
    type text not null,
    reporting_category text not null,
    source_id text,
    parent_id text,
    object_key text collate "C" not null,
    is_known_category boolean not null,
    balance_type text not null,
    currency text not null,
    amount_cents bigint not null,
    fee_cents bigint not null,
    net_cents bigint not null,
    fee_details jsonb not null,
    exchange_rate numeric,
    occurred_at timestamptz not null,
    booked_at timestamptz not null,
    available_at timestamptz not null,
    recorded_at timestamptz not null default private.clock(),
    ledger_org_id uuid,
    ledger_transaction_id bigint,
    matched_at timestamptz,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint net_is_amount_less_fee check (net_cents = amount_cents - fee_cents),
    foreign key (ledger_org_id, ledger_transaction_id) references private.ledger_transactions (org_id, id) on delete restrict,
    constraint a_match_says_when check (ledger_transaction_id is null or matched_at is not null),
    constraint a_match_names_the_organization check ((ledger_org_id is null) = (ledger_transaction_id is null))
);

create index on private.balance_transactions (object_key);
create index on private.balance_transactions (object_key) where matched_at is null;
create index on private.balance_transactions (currency, booked_at) include (reporting_category, amount_cents, fee_cents, net_cents);
create index on private.balance_transactions (ledger_org_id, ledger_transaction_id);
create index on private.balance_transactions using brin (recorded_at);

comment on table private.balance_transactions is
    'Every balance transaction of the platform''s Stripe account as Stripe listed it: what moved its balance, by how much, and why.';
comment on column private.balance_transactions.reporting_category is 'Stripe''s word for accountants, finer than type where it matters.';
comment on column private.balance_transactions.parent_id is 'The object that the source belongs to: the transfer of a reversal.';
comment on column private.balance_transactions.object_key is
    'The object that moved the money, and the step where it moves more than once, such as re_1 or re_1:failed. '
    'The ledger''s movements have the same.';
comment on column private.balance_transactions.is_known_category is
    'Whether this code knows the category; if not, somebody has to say what it means.';
comment on column private.balance_transactions.balance_type is 'Which of Stripe''s balances it moves. The ledger keeps that of payments.';
comment on column private.balance_transactions.booked_at is
    'When reports count it: occurred_at, or the start of the first month that was open when it was listed.';
comment on column private.balance_transactions.ledger_transaction_id is
    'The one ledger transaction that it belongs to; null while unmatched, and where nothing moved.';

create table private.stripe_movements (
    org_id uuid not null,
    ledger_transaction_id bigint not null,
    object_key text collate "C" not null,
    currency text not null,
    amount_cents bigint not null,
    occurred_at timestamptz not null,
    booked_at timestamptz not null,
    recorded_at timestamptz not null default private.clock(),
    balance_transaction_id text references private.balance_transactions (id) on delete restrict,
    matched_at timestamptz,
    primary key (org_id, ledger_transaction_id),
    foreign key (org_id, ledger_transaction_id) references private.ledger_transactions (org_id, id) on delete restrict,
    constraint amount_is_not_zero check (amount_cents <> 0),
    constraint a_match_says_when check ((balance_transaction_id is null) = (matched_at is null))
);

create index on private.stripe_movements (object_key);
create index on private.stripe_movements (object_key) where matched_at is null;
create index on private.stripe_movements (ledger_transaction_id);
create index on private.stripe_movements (balance_transaction_id);
create index on private.stripe_movements (currency, booked_at);
create index on private.stripe_movements using brin (recorded_at);

comment on table private.stripe_movements is
    'What each ledger transaction posted to stripe_balance, in one signed amount, and the balance transaction that it belongs to.';

comment on column private.stripe_movements.booked_at is
    'When reports count it: occurred_at, or the start of the month of the books in which it was posted.';

create table private.reconciliation_exceptions (
    id uuid primary key default gen_random_uuid(),
    object_key text collate "C" not null,
    currency text not null,
    reason text not null,
    stripe_cents bigint not null,
    ledger_cents bigint not null,
    difference_cents bigint generated always as (stripe_cents - ledger_cents) stored,
    suggested_key text,
    since timestamptz not null,
    state text not null default 'open',
    owner_id uuid references private.platform_admins (user_id) on delete set null,
    resolution text,
    resolution_reason text,
    resolved_at timestamptz,
    resolved_by uuid,
    created_at timestamptz not null default private.clock(),
    constraint reason_is_known check (
        reason in (
            'missing_here', 'missing_there', 'amount_differs', 'currency_differs', 'ambiguous', 'late', 'unknown_category'
        )
    ),
    constraint state_is_known check (state in ('open', 'matched', 'resolved')),
    constraint a_decision_has_a_reason check (
        (state = 'resolved') = (num_nonnulls(resolution, resolution_reason) = 2)
        and (state = 'open') = (resolved_at is null)
    )
);

create unique index one_open_exception_an_object_and_currency
    on private.reconciliation_exceptions (object_key, currency)
    where state = 'open';
create index on private.reconciliation_exceptions (object_key, currency);
create index on private.reconciliation_exceptions (owner_id);

comment on table private.reconciliation_exceptions is
    'Where Stripe and the ledger differ for longer than a day: one row for each object and currency, open until the missing side comes '
    '(matched) or an admin decides (resolved).';
comment on column private.reconciliation_exceptions.reason is
    'missing_here: Stripe moved money that the ledger lacks. missing_there: the other way round. ambiguous: missing, and several movements '
    'of the other side could be it. late: matched, but dated more than three days apart.';
comment on column private.reconciliation_exceptions.suggested_key is
    'The one object of the other side that moved the same amount within a week: a suggestion for an admin, never a match.';
comment on column private.reconciliation_exceptions.since is 'When the money moved.';
comment on column private.reconciliation_exceptions.owner_id is 'The admin who looks into it.';
comment on column private.reconciliation_exceptions.resolved_by is 'No foreign key: the decision outlives the login.';

create table private.reconciliation_runs (
    id bigint generated always as identity primary key,
    listed_until timestamptz not null,
    remainders jsonb not null,
    finished_at timestamptz not null default private.clock()
);

comment on table private.reconciliation_runs is 'One row for each completed run of jobs reconcile.';
comment on column private.reconciliation_runs.listed_until is
    'When the run began to list Stripe''s balance transactions: the next run lists from two days before.';
comment on column private.reconciliation_runs.remainders is 'By currency, what Stripe holds less what the ledger says and all that has a name.';

create table public.reconciliation_reports (
    id uuid primary key default gen_random_uuid(),
    report_date date not null,
    currency text not null,
    version integer not null,
    total_revenue_cents bigint not null,
    total_payouts_cents bigint not null,
    total_fees_cents bigint not null,
    opening_cents bigint not null,
    closing_cents bigint not null,
    payment_breakdown jsonb not null,
    payout_breakdown jsonb not null,
    balance_breakdown jsonb not null,
    content_hash text not null,
    created_at timestamptz not null default private.clock(),
    unique (report_date, currency, version),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint closing_is_opening_and_what_moved check (
        closing_cents - opening_cents = (balance_breakdown ->> 'net_cents')::bigint
    )
);

comment on table public.reconciliation_reports is
    'The figures of each day (UTC) and currency, frozen when they were computed; of a day whose facts changed later there is another version. '
    'For platform admins.';
comment on column public.reconciliation_reports.version is '1, 2, …: the highest is the latest.';
comment on column public.reconciliation_reports.total_revenue_cents is 'What payers paid on the day, before refunds and fees.';
comment on column public.reconciliation_reports.total_payouts_cents is 'What was transferred to instructors and schools, less what was reversed.';
comment on column public.reconciliation_reports.total_fees_cents is 'The platform''s fees booked on the day, less those given back.';
comment on column public.reconciliation_reports.opening_cents is 'Stripe''s balance at the start of the day: all that moved it before.';
comment on column public.reconciliation_reports.closing_cents is 'Stripe''s balance at the end of the day, available and pending.';
comment on column public.reconciliation_reports.payment_breakdown is
    'By kind of ledger transaction: {"count", "stripe_balance_cents", "platform_fees_cents", "processor_fees_cents"}.';
comment on column public.reconciliation_reports.payout_breakdown is 'By kind of transfer: {"count", "cents"}.';
comment on column public.reconciliation_reports.balance_breakdown is
    'What moved Stripe''s balance: {"net_cents", "categories": {<reporting category>: {"count", "amount_cents", "fee_cents", "net_cents"}}}.';
comment on column public.reconciliation_reports.content_hash is 'SHA-256 of the figures: equal if and only if they are.';

create table private.month_reports (
    org_id uuid not null references public.organizations (id) on delete restrict,
    month_on date not null,
    version integer not null,
    contents jsonb not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, month_on, version),
    foreign key (month_on, version) references private.month_closings (month_on, version) on delete restrict
);

create index on private.month_reports (month_on, version);

comment on table private.month_reports is
    'The reports of closed months, as they were when they were kept; the platform''s own under the organization that stands for it. Append-only.';
comment on column private.month_reports.version is 'Which closing of the month it belongs to.';
comment on column private.month_reports.contents is 'What report_of_month returned: the page is made of it.';

alter table private.month_reports enable row level security;

create trigger forbid_change
    before update or delete on private.month_reports
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.month_reports
    for each statement execute function private.forbid_change();

alter table private.balance_transactions enable row level security;
alter table private.stripe_movements enable row level security;
alter table private.reconciliation_exceptions enable row level security;
alter table private.reconciliation_runs enable row level security;
alter table public.reconciliation_reports enable row level security;

create trigger forbid_change
    before update or delete on public.reconciliation_reports
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.reconciliation_reports
    for each statement execute function private.forbid_change();

select private.audit_table('private.reconciliation_exceptions', 'id');
