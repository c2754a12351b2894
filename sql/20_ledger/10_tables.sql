create type private.ledger_account_kind as enum (
    'stripe_balance',
    'platform_bank',
    'instructor_pending',
    'payee_payable',
    'payout_in_transit',
    'learner_prepaid',
    'learner_rewards',
    'platform_fees',
    'deferred_fees',
    'promotions',
    'deferred_promotions',
    'processor_fees',
    'dispute_receivable',
    'dispute_fees',
    'dispute_losses',
    'subscription_revenue',
    'write_offs',
    'suspense'
);

create table private.ledger_accounts (
    id bigint generated always as identity primary key,
    kind private.ledger_account_kind not null,
    owner_id uuid,
    currency text not null,
    balance_cents bigint,
    created_at timestamptz not null default private.clock(),
    unique (id, currency),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint owned_accounts_are_those_of_people check (
        (kind in ('instructor_pending', 'payee_payable', 'payout_in_transit', 'learner_rewards')) = (owner_id is not null)
    ),
    constraint owned_accounts_carry_a_balance check ((owner_id is not null) = (balance_cents is not null))
);

-- Looked up by what a posting names: an equality that can be hashed, also for the accounts of nobody.
create unique index one_account_a_kind_owner_and_currency
    on private.ledger_accounts (kind, coalesce(owner_id, '00000000-0000-0000-0000-000000000000'), currency);

comment on table private.ledger_accounts is
    'Accounts of the double-entry journal. Assets and expenses are positive, liabilities and income negative.';
comment on column private.ledger_accounts.owner_id is
    'The instructor (instructor_pending), payee (payee_payable, payout_in_transit) or learner; null for the platform''s own.';
comment on column private.ledger_accounts.balance_cents is
    'Running balance of an owned account, the sum of its entries. The platform''s accounts carry none, so that payments never queue behind one row.';

create table private.ledger_transactions (
    id bigint generated always as identity primary key,
    kind text not null,
    source_type text not null,
    source_id uuid,
    idempotency_key text not null unique,
    currency text not null,
    effective_at timestamptz not null,
    created_at timestamptz not null default private.clock(),
    unique (id, currency)
);

create index on private.ledger_transactions (source_type, source_id);

comment on table private.ledger_transactions is 'One business event, posted once. Append-only; a correction is a reversal.';
comment on column private.ledger_transactions.idempotency_key is 'Made from the id of the row that caused it, such as payment:<id>:succeeded.';
comment on column private.ledger_transactions.effective_at is 'When it happened, at Stripe or here; created_at is when it was posted.';

create table private.ledger_entries (
    id bigint generated always as identity primary key,
    transaction_id bigint not null,
    account_id bigint not null,
    currency text not null,
    amount_cents bigint not null,
    foreign key (transaction_id, currency) references private.ledger_transactions (id, currency) on delete restrict,
    foreign key (account_id, currency) references private.ledger_accounts (id, currency) on delete restrict,
    constraint amount_is_not_zero check (amount_cents <> 0)
);

create index on private.ledger_entries (transaction_id, currency);
create index on private.ledger_entries (account_id, currency);

comment on table private.ledger_entries is
    'Signed amounts in the minor unit. The entries of a transaction are inserted together and sum to zero.';

create type private.posting as (
    account_kind private.ledger_account_kind,
    owner_id uuid,
    amount_cents bigint
);
comment on type private.posting is 'One line of a ledger transaction: positive debits, negative credits.';

create type private.keyed_posting as (
    source_id uuid,
    idempotency_key text,
    currency text,
    account_kind private.ledger_account_kind,
    owner_id uuid,
    amount_cents bigint
);
comment on type private.keyed_posting is 'A line of one of many transactions posted together; the key says of which.';

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
