-- What subscribers were asked to pay, and what was paid, refunded and disputed of it. Revenue is posted as it is received.
create type public.invoice_status as enum ('draft', 'open', 'uncollectible', 'void', 'paid');
create type public.invoice_payment_status as enum ('open', 'canceled', 'paid');

create table public.invoices (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    customer_id uuid not null,
    user_id uuid references public.profiles (id) on delete set null,
    subscription_id uuid,
    stripe_invoice_id text not null,
    stripe_subscription_id text,
    number text,
    status public.invoice_status not null,
    billing_reason text,
    currency text not null,
    total_cents bigint not null,
    amount_due_cents bigint not null,
    amount_paid_cents bigint not null,
    amount_remaining_cents bigint not null,
    overpaid_cents bigint not null default 0,
    paid_outside_cents bigint not null default 0,
    attempt_count integer not null default 0,
    next_payment_attempt_at timestamptz,
    last_problem text,
    last_problem_at timestamptz,
    invoice_url text,
    invoice_pdf text,
    period_start timestamptz,
    period_end timestamptz,
    due_at timestamptz,
    finalized_at timestamptz,
    paid_at timestamptz,
    voided_at timestamptz,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, stripe_invoice_id),
    foreign key (org_id, customer_id) references public.stripe_customers (org_id, id) on delete restrict,
    foreign key (org_id, subscription_id) references public.subscriptions (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint invoice_id_is_stripes check (stripe_invoice_id ~ '^in_')
);

create index on public.invoices (org_id, customer_id);
create index on public.invoices (user_id, created_at);
create index on public.invoices (org_id, subscription_id);
create index on public.invoices (org_id, stripe_subscription_id) where subscription_id is null;

comment on table public.invoices is 'What a person was asked to pay for a subscription, as Stripe says of it.';
comment on column public.invoices.stripe_subscription_id is
    'Stripe''s id of the subscription, which the row subscription_id has once it is known.';
comment on column public.invoices.overpaid_cents is 'Paid beyond what was due; Stripe keeps it for the customer''s next invoice.';
comment on column public.invoices.paid_outside_cents is
    'Paid another way than through Stripe, such as by bank transfer, and recorded there.';
comment on column public.invoices.next_payment_attempt_at is 'When Stripe tries to collect it again; null if it does not.';
comment on column public.invoices.last_problem is
    'What stood in the way of its payment last: payment_failed, payment_action_required or finalization_failed.';
comment on column public.invoices.invoice_url is 'Stripe''s page on which it can be read and paid.';
comment on column public.invoices.period_start is 'The period that it pays for: of its lines, the first start and the last end.';

create table public.invoice_payments (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    invoice_id uuid not null,
    user_id uuid references public.profiles (id) on delete set null,
    stripe_invoice_payment_id text not null,
    stripe_payment_intent_id text,
    stripe_charge_id text,
    stripe_payment_record_id text,
    status public.invoice_payment_status not null,
    currency text not null,
    amount_requested_cents bigint not null,
    amount_paid_cents bigint not null default 0,
    refunded_cents bigint not null default 0,
    disputed_cents bigint not null default 0,
    processing_fee_cents bigint,
    paid_at timestamptz,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, stripe_invoice_payment_id),
    foreign key (org_id, invoice_id) references public.invoices (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amounts_are_not_negative check (least(amount_requested_cents, amount_paid_cents, refunded_cents) >= 0)
);

create index on public.invoice_payments (org_id, invoice_id);
create index on public.invoice_payments (user_id);
create index on public.invoice_payments (stripe_payment_intent_id);
create index on public.invoice_payments (stripe_charge_id);

comment on table public.invoice_payments is
    'What was paid of an invoice: several in part, each by a PaymentIntent or a charge, or outside Stripe by a payment record.';
comment on column public.invoice_payments.amount_paid_cents is 'Paid towards this invoice; 0 until it is paid.';
comment on column public.invoice_payments.disputed_cents is 'What disputes have taken, less what they gave back.';
comment on column public.invoice_payments.processing_fee_cents is 'Stripe''s fee; null until it is known.';

create table private.invoice_refunds (
    stripe_refund_id text not null,
    org_id uuid not null,
    invoice_payment_id uuid not null,
    amount_cents bigint not null,
    status public.refund_status not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, stripe_refund_id),
    foreign key (org_id, invoice_payment_id) references public.invoice_payments (org_id, id) on delete restrict,
    constraint amount_is_positive check (amount_cents > 0)
);

create index on private.invoice_refunds (org_id, invoice_payment_id);

comment on table private.invoice_refunds is 'Refunds of what subscribers paid, made in Stripe''s Dashboard.';

alter table public.invoices enable row level security;
alter table public.invoice_payments enable row level security;
alter table private.invoice_refunds enable row level security;

create trigger touch_updated_at
    before update on public.invoices
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.invoice_payments
    for each row execute function private.touch_updated_at();

select private.audit_table('public.invoices', 'id', '{invoice_url,invoice_pdf}');

select private.audit_table('public.invoice_payments', 'id');
