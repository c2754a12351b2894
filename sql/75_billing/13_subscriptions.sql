-- What can be subscribed to, as it stands in Stripe's catalogue, and who has subscribed. A product of Stripe is sold here once its metadata
-- name features: the metadata features (such as "reports, messages"), fee_bps and grace_days say what a subscription gives.
create table public.subscription_products (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    stripe_product_id text not null,
    name text,
    description text,
    features text[] not null default '{}',
    fee_bps integer,
    grace_days integer not null default 7,
    cooling_off_days integer,
    is_sold boolean not null default false,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, stripe_product_id),
    constraint fee_is_a_share check (fee_bps between 0 and 10000),
    constraint grace_is_a_few_days check (grace_days between 0 and 90),
    constraint cooling_off_is_a_few_days check (cooling_off_days between 1 and 90)
);

comment on table public.subscription_products is 'What can be subscribed to, from Stripe''s products.';
comment on column public.subscription_products.name is 'Null while only a price of it is known.';
comment on column public.subscription_products.features is
    'What has_entitlement says of who subscribes to it: the product''s metadata features.';
comment on column public.subscription_products.fee_bps is
    'The platform''s fee in basis points of an organization that subscribes to it; null leaves the organization''s own.';
comment on column public.subscription_products.grace_days is 'How long its features last after a period that was not paid has begun.';
comment on column public.subscription_products.cooling_off_days is
    'How many days a subscriber may withdraw after the beginning, and after a trial or a renewal for a year or longer; null: none.';
comment on column public.subscription_products.is_sold is 'Whether it is offered: active at Stripe, and with features.';

create table public.subscription_plans (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    product_id uuid not null,
    stripe_price_id text not null,
    name text,
    currency text not null,
    amount_cents bigint,
    interval text not null,
    interval_count integer not null,
    trial_days integer not null default 0,
    is_active boolean not null default false,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, stripe_price_id),
    foreign key (org_id, product_id) references public.subscription_products (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint interval_is_known check (interval in ('day', 'week', 'month', 'year')),
    constraint interval_count_is_positive check (interval_count > 0),
    constraint trial_is_not_negative check (trial_days >= 0)
);

create index on public.subscription_plans (org_id, product_id);

comment on table public.subscription_plans is 'What a product costs and how often it is paid, from Stripe''s recurring prices.';
comment on column public.subscription_plans.name is 'The price''s nickname at Stripe, such as "Yearly".';
comment on column public.subscription_plans.amount_cents is 'For each interval; null if the price is in tiers.';
comment on column public.subscription_plans.trial_days is
    'Free days at the beginning, once for each person and product: the price''s metadata trial_days.';

create type public.subscription_status as enum (
    'unknown', 'incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'incomplete_expired', 'canceled'
);

create table public.subscriptions (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    customer_id uuid not null,
    user_id uuid references public.profiles (id) on delete set null,
    product_id uuid not null,
    plan_id uuid,
    organization_id uuid references public.organizations (id) on delete restrict,
    stripe_subscription_id text not null,
    stripe_price_id text not null,
    status public.subscription_status not null,
    is_live boolean generated always as (status in ('trialing', 'active', 'past_due', 'unpaid', 'paused')) stored,
    is_current boolean not null default false,
    amount_cents bigint,
    currency text not null,
    interval text,
    interval_count integer,
    quantity integer,
    current_period_start timestamptz,
    current_period_end timestamptz,
    cancel_at_period_end boolean not null default false,
    cancel_at timestamptz,
    cancelled_at timestamptz,
    ended_at timestamptz,
    trial_start timestamptz,
    trial_end timestamptz,
    pause_behavior text,
    resumes_at timestamptz,
    billing_mode text,
    started_at timestamptz not null,
    cooling_off_ends_at timestamptz,
    withdrawn_at timestamptz,
    withdrawal_refund_cents bigint,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, stripe_subscription_id),
    foreign key (org_id, customer_id) references public.stripe_customers (org_id, id) on delete restrict,
    foreign key (org_id, product_id) references public.subscription_products (org_id, id) on delete restrict,
    foreign key (org_id, plan_id) references public.subscription_plans (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint subscription_id_is_stripes check (stripe_subscription_id ~ '^sub_'),
    constraint withdrawal_says_what_goes_back check ((withdrawn_at is null) = (withdrawal_refund_cents is null)),
    constraint refund_is_not_negative check (withdrawal_refund_cents >= 0)
);

create unique index one_current_subscription_a_person_and_product on public.subscriptions (user_id, product_id) where is_current;
create index on public.subscriptions (user_id);
create index on public.subscriptions (org_id, customer_id);
create index on public.subscriptions (org_id, product_id);
create index on public.subscriptions (org_id, plan_id);
create index on public.subscriptions (organization_id);

comment on table public.subscriptions is 'The subscriptions of a person, past ones too, as Stripe says of them.';
comment on column public.subscriptions.status is 'Stripe''s own status; unknown is one that came after this was written.';
comment on column public.subscriptions.is_live is 'Whether it has begun and not ended.';
comment on column public.subscriptions.is_current is
    'Whether it is the live one of the person and product: the first, if there are several by mistake.';
comment on column public.subscriptions.organization_id is 'The organization whose fee it sets, if it was taken out for one.';
comment on column public.subscriptions.amount_cents is 'For each interval, of all its items.';
comment on column public.subscriptions.current_period_start is 'Of its items: the first start, and the last end.';
comment on column public.subscriptions.cancelled_at is 'When somebody asked for its end, which cancel_at_period_end may put off.';
comment on column public.subscriptions.cooling_off_ends_at is
    'Until when the subscriber may withdraw: of the beginning, or of a trial''s end or a year''s renewal, the latest. Null: never.';
comment on column public.subscriptions.withdrawn_at is 'When the subscriber withdrew, with withdrawal_refund_cents back.';
comment on column public.subscriptions.pause_behavior is
    'While collection is paused, what becomes of invoices: keep_as_draft, mark_uncollectible or void.';
comment on column public.subscriptions.billing_mode is
    'Stripe''s billing mode, classic or flexible; flexible for those that are made here.';

alter table public.subscription_products enable row level security;
alter table public.subscription_plans enable row level security;
alter table public.subscriptions enable row level security;

create trigger touch_updated_at
    before update on public.subscription_products
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.subscription_plans
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.subscriptions
    for each row execute function private.touch_updated_at();

select private.audit_table('public.subscription_products', 'id');

select private.audit_table('public.subscription_plans', 'id');

select private.audit_table('public.subscriptions', 'id');
