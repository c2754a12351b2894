-- 75_billing: what a person has at Stripe as a customer of the platform: saved cards, subscriptions and invoices.
--
--   10_tables           customers, saved cards; 13_subscriptions, 14_invoices, 15_instructor_fees: the tables of these
--   20_customers        open_customer, record_customer: one customer a person; apply_customer; forget_customer
--   21_payment_methods  saved cards: apply_payment_method; set_default_payment_method and remove_payment_method, for the person
--   22_setup_intents    open_setup_intent, record_setup_intent, apply_setup_intent: a card is saved without paying
--   23_pay_with_saved_card  open_saved_card, next_payment_step: POST /payment-intents pays an order with one
--   24_series_paid_later  request_series_paid_later: each lesson of a series is charged to the caller's card two days before it
--   25_collect          queue_collections, open_collection, record_collection: those charges
--   30_plans            apply_product, apply_price: what can be subscribed to
--   31_subscriptions    open_subscription; apply_subscription
--   32_entitlements     my_features: what the caller's subscriptions give, for policies
--   33_fee_plans        set_plan_fee: the plan of an organization sets the platform's fee
--   34_cooling_off      withdraw_from_subscription: within the days that the law gives
--   35_instructor_fees  charge_instructor_fees: what instructors are charged by the week or month
--   40_invoices         apply_invoice; 41_invoice_payments: what was paid of one; 42_money_back: refunds and disputes
--   50_transactions     the view of what was paid, for lessons and subscriptions alike
--   60_events           apply_billing_event: hands an event to the function of its object; record_billing_object: a fetched object
--   70_news             is_news: which news of an object is the latest; remove_old_news
--
-- Stripe keeps all of it, and the tables here mirror what its events say; what a person decides leaves through 25_outbox. The webhook
-- service calls what opens and records, 85_webhooks hands in the events, the jobs record what they have fetched. No card number is
-- ever here: a browser gives it to Stripe. Rows belong to the organization that is_platform, for they are about persons and no school.
-- Whose an object is, its customer says: what another customer has belongs to other business on the same Stripe account.
create table public.stripe_customers (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    user_id uuid references public.profiles (id) on delete set null,
    livemode boolean not null,
    stripe_customer_id text,
    default_stripe_payment_method_id text,
    is_delinquent boolean not null default false,
    deleted_at timestamptz,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    constraint customer_id_is_stripes check (stripe_customer_id ~ '^cus_')
);

create unique index one_customer_a_person_and_mode on public.stripe_customers (org_id, user_id, livemode) where deleted_at is null;
create index on public.stripe_customers (user_id);

comment on table public.stripe_customers is 'A person as a customer at Stripe: one a person and mode. Written by the service alone.';
comment on column public.stripe_customers.user_id is 'Null once the person was erased.';
comment on column public.stripe_customers.livemode is 'Whether it is a customer of Stripe''s live mode, or of test mode.';
comment on column public.stripe_customers.stripe_customer_id is 'Stripe''s id, cus_…; null until Stripe has made the customer.';
comment on column public.stripe_customers.default_stripe_payment_method_id is
    'The saved card that invoices are paid with, as Stripe''s id (pm_…): payment_methods.is_default says the same of its row.';
comment on column public.stripe_customers.is_delinquent is 'Whether the latest invoice could not be paid, as Stripe says.';
comment on column public.stripe_customers.deleted_at is 'When the customer was deleted at Stripe; the next time the person gets another.';

create table public.payment_methods (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    customer_id uuid not null,
    user_id uuid references public.profiles (id) on delete set null,
    stripe_payment_method_id text not null,
    type text not null,
    brand text,
    last4 text,
    expiry_month integer,
    expiry_year integer,
    is_default boolean not null default false,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    funding text,
    primary key (org_id, id),
    unique (org_id, stripe_payment_method_id),
    foreign key (org_id, customer_id) references public.stripe_customers (org_id, id) on delete restrict,
    constraint payment_method_id_is_stripes check (stripe_payment_method_id ~ '^(pm|card|src)_'),
    constraint last4_are_the_last_four check (last4 ~ '^\w{4}$'),
    constraint expiry_month_is_a_month check (expiry_month between 1 and 12)
);

create index on public.payment_methods (org_id, customer_id);
create unique index one_default_payment_method on public.payment_methods (customer_id) where is_default;
create index on public.payment_methods (user_id);

comment on table public.payment_methods is
    'The saved cards and other payment methods of a person, as far as a person tells them apart: never a number. The row of one that was '
    'removed is gone, since it can never be used again.';
comment on column public.payment_methods.stripe_payment_method_id is 'Stripe''s id, pm_….';
comment on column public.payment_methods.type is 'Stripe''s word, such as card or sepa_debit; brand and expiry are those of cards.';
comment on column public.payment_methods.funding is
    'Of a card, Stripe''s word for what pays behind it: credit, debit, prepaid or unknown. Null of others, and of cards of which Stripe has said '
    'nothing since it is kept here.';
comment on column public.payment_methods.is_default is 'Whether invoices are paid with it.';

create type public.setup_status as enum (
    'requires_payment_method', 'requires_confirmation', 'requires_action', 'processing', 'succeeded', 'canceled'
);

create table public.setup_intents (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    customer_id uuid not null,
    user_id uuid references public.profiles (id) on delete set null,
    stripe_setup_intent_id text,
    status public.setup_status not null default 'requires_payment_method',
    failure_code text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, stripe_setup_intent_id),
    foreign key (org_id, customer_id) references public.stripe_customers (org_id, id) on delete restrict,
    constraint setup_intent_id_is_stripes check (stripe_setup_intent_id ~ '^seti_')
);

create index on public.setup_intents (org_id, customer_id, created_at);
create index on public.setup_intents (org_id, created_at);
create index on public.setup_intents (user_id);

comment on table public.setup_intents is 'The attempts of a person to save a card without paying, one a SetupIntent of Stripe.';
comment on column public.setup_intents.status is 'Stripe''s own status.';
comment on column public.setup_intents.failure_code is 'Why the latest try failed, as Stripe''s code; null if none did.';

create table private.checkout_sessions (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    customer_id uuid not null,
    opened_at timestamptz not null default private.clock(),
    is_portal boolean not null default false,
    primary key (org_id, id),
    foreign key (org_id, customer_id) references public.stripe_customers (org_id, id) on delete restrict
);

create index on private.checkout_sessions (org_id, customer_id, opened_at);

comment on table private.checkout_sessions is
    'When a person has asked for a page of Stripe''s within the last hour, which is limited; older rows are removed with the next.';
comment on column private.checkout_sessions.is_portal is
    'Whether it was the page on which customers change cards, plans and invoices, counted apart from those to subscribe on.';

create table private.stripe_news (
    stripe_id text not null,
    org_id uuid not null references public.organizations (id) on delete restrict,
    occurred_at timestamptz not null,
    rank integer not null,
    digest text not null,
    primary key (org_id, stripe_id)
);

create index on private.stripe_news (org_id, occurred_at);

comment on table private.stripe_news is
    'The latest news of each object of Stripe that this room mirrors, which older ones do not overwrite.';
comment on column private.stripe_news.rank is 'How far along the object was: of different news of one second the furthest along counts.';
comment on column private.stripe_news.digest is
    'Of the whole object, so that different news of one second are told from the same news told twice.';

alter table public.stripe_customers enable row level security;
alter table public.payment_methods enable row level security;
alter table public.setup_intents enable row level security;
alter table private.checkout_sessions enable row level security;
alter table private.stripe_news enable row level security;

create trigger touch_updated_at
    before update on public.stripe_customers
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.payment_methods
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.setup_intents
    for each row execute function private.touch_updated_at();

select private.audit_table('public.stripe_customers', 'id');

select private.audit_table('public.payment_methods', 'id', '{brand,last4,expiry_month,expiry_year}');

create trigger register_customer
    after insert or update of stripe_customer_id on public.stripe_customers
    for each row
    when (new.stripe_customer_id is not null)
    execute function private.register_stripe_object('customer', 'stripe_customer_id');
