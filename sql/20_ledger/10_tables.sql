-- 20_ledger: the double-entry journal of all money. Private: no API role reads or writes it.
--
--   10_tables  accounts, transactions (one business event each), entries (signed, summing to zero)
--   20_post    post_transaction posts one event once, post_batch many; balances follow; an unbalanced transaction is refused
--   30_months  which month a posting belongs to: closed months get none any more
--
-- Every room that moves money posts here (discounts 35, orders 48, payments 60, disputes 62, suspense 63, rewards 66, earnings 70,
-- payouts 72, billing 75), with an idempotency key made from the id of the row that caused it. 95_operations checks the whole.
-- Every posting stays in one organization; money that belongs to no school is posted under the one that is_platform. What turns out to be
-- another organization's moves by their accounts interorganization, which sum to zero: one transaction on each side.
-- Assets and expenses are positive (debits), liabilities and income negative (credits).

create type private.ledger_account_kind as enum (
    'stripe_balance',
    'instructor_pending',
    'payee_payable',
    'payout_in_transit',
    'learner_prepaid',
    'refunds_due',
    'learner_rewards',
    'platform_fees',
    'deferred_fees',
    'promotions',
    'deferred_promotions',
    'processor_fees',
    'dispute_receivable',
    'dispute_fees',
    'dispute_losses',
    'suspense',
    'interorganization',
    'platform_bank',
    'write_offs',
    'subscription_revenue'
);

create table private.ledger_accounts (
    id bigint generated always as identity unique,
    org_id uuid not null references public.organizations (id) on delete restrict,
    kind private.ledger_account_kind not null,
    owner_id uuid,
    currency text not null,
    balance_cents bigint,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, id, currency),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint owned_accounts_are_those_of_people check (
        (kind in ('instructor_pending', 'payee_payable', 'payout_in_transit', 'learner_rewards')) = (owner_id is not null)
    ),
    constraint owned_accounts_carry_a_balance check ((owner_id is not null) = (balance_cents is not null))
);

-- Postings look accounts up by these four columns. The nil uuid stands for no owner, so that the comparison is a plain equality that
-- the planner can hash.
create unique index one_account_a_kind_owner_and_currency
    on private.ledger_accounts (org_id, kind, coalesce(owner_id, '00000000-0000-0000-0000-000000000000'), currency);

comment on table private.ledger_accounts is
    'Accounts of the double-entry journal, by organization, the platform''s too. '
    'Balances of assets and expenses are positive, of liabilities and income negative.';
comment on column private.ledger_accounts.owner_id is
    'Instructor (instructor_pending), payee (payee_payable, payout_in_transit) or learner (learner_rewards); null for the '
    'platform''s accounts.';
comment on column private.ledger_accounts.balance_cents is
    'Running balance of an owned account: the sum of its entries. Null for the platform''s accounts, so that payments never queue '
    'for the lock of one row.';

create table private.ledger_transactions (
    id bigint generated always as identity unique,
    org_id uuid not null references public.organizations (id) on delete restrict,
    kind text not null,
    source_type text not null,
    source_id uuid,
    idempotency_key text not null,
    currency text not null,
    effective_at timestamptz not null,
    month_on date not null default date_trunc('month', private.clock() at time zone 'UTC'),
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, id, currency),
    unique (org_id, idempotency_key),
    constraint month_is_its_first_day check (extract(day from month_on) = 1)
);

create index on private.ledger_transactions (org_id, source_type, source_id);
create index on private.ledger_transactions using brin (effective_at);
create index on private.ledger_transactions using brin (month_on);

comment on table private.ledger_transactions is 'One business event, posted once. Append-only; a correction is another transaction that reverses it.';
comment on column private.ledger_transactions.idempotency_key is 'Made from the id of the row that caused it, such as payment:<id>:succeeded.';
comment on column private.ledger_transactions.effective_at is 'When the event happened, at Stripe or here; created_at is when it was posted.';
comment on column private.ledger_transactions.month_on is
    'The month of the books (UTC) that it belongs to: that of effective_at, or the first open one if that is closed.';

create table private.ledger_entries (
    id bigint generated always as identity unique,
    org_id uuid not null,
    transaction_id bigint not null,
    account_id bigint not null,
    currency text not null,
    amount_cents bigint not null,
    primary key (org_id, id),
    foreign key (org_id, transaction_id, currency) references private.ledger_transactions (org_id, id, currency) on delete restrict,
    foreign key (org_id, account_id, currency) references private.ledger_accounts (org_id, id, currency) on delete restrict,
    constraint amount_is_not_zero check (amount_cents <> 0)
);

create index on private.ledger_entries (org_id, transaction_id, currency);
create index on private.ledger_entries (org_id, account_id, currency);

comment on table private.ledger_entries is
    'Signed amounts in the minor unit. The entries of a transaction are inserted by one statement and sum to zero.';

create type private.posting as (
    account_kind private.ledger_account_kind,
    owner_id uuid,
    amount_cents bigint
);
comment on type private.posting is 'One line of a ledger transaction: positive is a debit, negative a credit.';

create type private.keyed_posting as (
    org_id uuid,
    source_id uuid,
    idempotency_key text,
    currency text,
    account_kind private.ledger_account_kind,
    owner_id uuid,
    amount_cents bigint
);
comment on type private.keyed_posting is
    'One line of several transactions that are posted together; idempotency_key says which transaction it belongs to.';

create table private.month_closings (
    month_on date not null,
    version integer not null,
    totals jsonb not null,
    content_hash text not null,
    closed_at timestamptz not null default private.clock(),
    closed_by uuid not null,
    reason text not null,
    reopened_at timestamptz,
    reopened_by uuid,
    reopening_reason text,
    primary key (month_on, version),
    constraint month_is_its_first_day check (extract(day from month_on) = 1),
    constraint a_reopening_has_a_reason check (num_nulls(reopened_at, reopened_by, reopening_reason) in (0, 3))
);

create unique index one_closing_in_force_a_month on private.month_closings (month_on) where reopened_at is null;

comment on table private.month_closings is
    'Closed months of the books (UTC), with their totals as they were closed; a month that was reopened gets another version.';
comment on column private.month_closings.totals is 'What admin_close_month returned, to the byte.';
comment on column private.month_closings.content_hash is 'SHA-256 of the totals.';
comment on column private.month_closings.closed_by is 'No foreign key: the decision outlives the login.';

alter table private.month_closings enable row level security;
alter table private.ledger_accounts enable row level security;
alter table private.ledger_transactions enable row level security;
alter table private.ledger_entries enable row level security;

create trigger forbid_change
    before update or delete on private.ledger_entries
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.ledger_entries
    for each statement execute function private.forbid_change();

create trigger forbid_change
    before update or delete on private.ledger_transactions
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.ledger_transactions
    for each statement execute function private.forbid_change();
