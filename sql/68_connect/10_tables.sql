-- Connect: the Stripe accounts into which payees are paid.
--
-- stripe_connect_accounts   one live account for each payee: an instructor, or an organization that is paid itself
-- connect_account_details   what Stripe says about an account that only admins may see
-- payee_countries           where payees may live
--
-- The webhook service calls open_connect_account and record_connect_account (20_onboard), open_dashboard_link and
-- open_account_sync (40_dashboard) for a person whose token it has verified. 85_webhooks hands in Stripe's events through
-- apply_account, apply_account_change and apply_deauthorization (30_account_events). Payouts (72_payouts) go only to accounts whose
-- status is ready. An account is made and read by Stripe's Accounts API v1 or v2; both say the same here (70_account_as_v1).
create type public.connect_status as enum (
    'not_started', 'incomplete', 'under_review', 'paused', 'ready', 'disconnected'
);

create table public.stripe_connect_accounts (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    instructor_id uuid,
    stripe_account_id text,
    accounts_api text not null default 'v1',
    account_type text not null default 'express',
    service_agreement text not null default 'full',
    status public.connect_status not null default 'not_started',
    charges_enabled boolean not null default false,
    payouts_enabled boolean not null default false,
    details_submitted boolean not null default false,
    transfers_enabled boolean not null default false,
    country text,
    default_currency text,
    business_type text,
    status_reason text,
    last_event_at timestamptz,
    synced_at timestamptz,
    retired_at timestamptz,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint country_is_an_iso_code check (country ~ '^[A-Z]{2}$'),
    constraint accounts_api_is_known check (accounts_api in ('v1', 'v2')),
    constraint service_agreement_is_known check (service_agreement in ('full', 'recipient')),
    constraint account_id_is_stripes check (stripe_account_id ~ '^acct_'),
    constraint a_started_account_exists_at_stripe check (status = 'not_started' or stripe_account_id is not null),
    constraint ready_means_that_money_can_arrive check (status <> 'ready' or (transfers_enabled and payouts_enabled))
);

create unique index one_live_account_a_payee
    on public.stripe_connect_accounts (org_id, (coalesce(instructor_id, org_id)))
    where retired_at is null;
create index on public.stripe_connect_accounts (instructor_id);

comment on table public.stripe_connect_accounts is
    'The Stripe account of a payee: the instructor, or the organization if instructor_id is null.';
comment on column public.stripe_connect_accounts.accounts_api is
    'The version of Stripe''s Accounts API that the account is made and read by: v1, or v2. Fixed once Stripe has created the account.';
comment on column public.stripe_connect_accounts.country is 'Fixed once Stripe has created the account.';
comment on column public.stripe_connect_accounts.service_agreement is
    'The agreement that Stripe says the payee is under. Accounts are made under the full one, the only one that is paid across borders.';
comment on column public.stripe_connect_accounts.status_reason is
    'Why the account is not ready, as a code that the payee may see. Stripe''s own reason is in connect_account_details, '
    'for admins.';
comment on column public.stripe_connect_accounts.last_event_at is
    'Time of the latest Stripe event applied; older events change nothing.';

create table public.connect_account_details (
    connect_account_id uuid not null unique,
    org_id uuid not null,
    disabled_reason text,
    requirements jsonb,
    business_profile jsonb,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, connect_account_id),
    foreign key (org_id, connect_account_id) references public.stripe_connect_accounts (org_id, id) on delete restrict
);


comment on table public.connect_account_details is 'What Stripe says about an account that only admins may see.';

create table private.connect_links (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    instructor_id uuid,
    opened_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict
);

create index on private.connect_links (org_id, (coalesce(instructor_id, org_id)), opened_at);
create index on private.connect_links (org_id, instructor_id);

comment on table private.connect_links is
    'The onboarding links that a payee has asked for within the last hour, which are limited; older ones are removed with the next.';
comment on column private.connect_links.instructor_id is 'Null when the organization is the payee.';

create table private.payee_countries (
    code text primary key,
    crosses_borders boolean not null,
    constraint code_is_an_iso_country check (code ~ '^[A-Z]{2}$')
);

comment on table private.payee_countries is
    'The countries in which payees may have their Stripe accounts. A platform pays those of its own country, and, where both countries '
    'cross borders, those of another.';
comment on column private.payee_countries.crosses_borders is
    'Whether Stripe transfers from this country to the others that have this, and back.';

-- Countries from which Stripe offers separate charges and transfers (docs.stripe.com/connect/separate-charges-and-transfers), and which
-- of them it transfers between: the US, the UK, the EEA, Canada and Switzerland (docs.stripe.com/connect/cross-border-payouts). Iceland
-- is in the EEA, and Stripe opens no accounts there (stripe.com/global). Read on 2026-12-01.
insert into private.payee_countries (code, crosses_borders)
select country.code, true as crosses_borders
from unnest(string_to_array(
    'AT BE BG CA CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LI LT LU LV MT NL NO PL PT RO SE SI SK US', ' '
)) country (code)
union all
select country.code, false as crosses_borders
from unnest(string_to_array('AU BR JP MX MY NZ SG', ' ')) country (code);

create type private.payee as (org_id uuid, instructor_id uuid);
comment on type private.payee is 'Who is paid: an instructor, or the organization if instructor_id is null.';

alter table public.stripe_connect_accounts enable row level security;
alter table public.connect_account_details enable row level security;
alter table private.connect_links enable row level security;
alter table private.payee_countries enable row level security;

create trigger touch_updated_at
    before update on public.stripe_connect_accounts
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.connect_account_details
    for each row execute function private.touch_updated_at();

select private.audit_table('public.stripe_connect_accounts', 'id');

select private.audit_table('public.connect_account_details', 'connect_account_id', '{requirements,business_profile}');

create trigger register_account
    after insert or update of stripe_account_id on public.stripe_connect_accounts
    for each row
    when (new.stripe_account_id is not null)
    execute function private.register_stripe_object('account', 'stripe_account_id');
