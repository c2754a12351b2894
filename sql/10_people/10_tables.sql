-- 10_people: organizations (the tenants), logins and their profiles, memberships, platform admins; and who the caller is.
--
--   20_profiles  keeps one profile for every login of Supabase Auth
--   30_callers   my_…: who the caller is and which organizations they see; asked by policies and functions of every room
--   40_require   require_…: the caller, if they have the right that a function needs; refuses everybody else
--   80_api       my_roles: what a frontend shows to whom
--
-- Memberships and settings are changed by 14_schools; instructors, learners and guardians are in 12_parties.
-- Every later room calls 30_callers and 40_require.

create type public.org_role as enum ('owner', 'admin', 'instructor', 'learner');
create type public.fee_mode as enum ('on_top', 'included');
create type public.dispute_liability as enum ('platform', 'instructor');

-- The organization under which the platform's own money is posted: what belongs to no school, or to nobody known yet.
create function private.platform_id()
    returns uuid
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return '00000000-0000-4000-8000-000000000000'::uuid;

create type public.withdrawal_mode as enum ('full', 'packages', 'none');
create type public.supply_model as enum ('agent', 'principal');

create table public.organizations (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    slug text not null,
    tax_id text,
    time_zone text not null,
    currency text not null references private.currencies (code),
    is_marketplace boolean not null default false,
    is_platform boolean not null default false,
    fee_mode public.fee_mode not null default 'on_top',
    fee_bps integer not null default 1800,
    plan_fee_bps integer,
    payout_weekday smallint not null default 5,
    payout_hold interval not null default interval '24 hours',
    minimum_payout_cents bigint not null default 0,
    checkout_hold_minutes integer not null default 15,
    fee_refundable boolean not null default true,
    dispute_liability public.dispute_liability not null default 'platform',
    max_open_holds integer not null default 3,
    max_held_lessons integer not null default 12,
    max_lessons_paid_later integer not null default 0,
    withdrawal_mode public.withdrawal_mode not null default 'packages',
    supply_model public.supply_model not null default 'agent',
    referral_discount_bps integer not null default 0,
    referral_reward_cents bigint not null default 0,
    credit_validity_months integer,
    forfeits_expired_hours boolean not null default false,
    refunds_resold_times boolean not null default true,
    requires_second_factor boolean not null default false,
    reminder_minutes integer[] not null default '{1440,120}',
    completion_grace interval not null default interval '24 hours',
    labels jsonb not null default '{}',
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    constraint name_is_short check (length(name) between 1 and 200),
    constraint name_is_readable check (private.is_line(name)),
    constraint one_organization_is_the_platform check (is_platform = (id = private.platform_id()) and not (is_platform and is_marketplace)),
    constraint slug_is_url_safe check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 80),
    constraint tax_id_is_short check (length(tax_id) <= 40),
    constraint tax_id_is_readable check (private.is_line(tax_id)),
    constraint time_zone_is_known check (private.is_time_zone(time_zone)),
    constraint fee_is_a_fraction check (fee_bps between 0 and 10000),
    constraint plan_fee_is_a_fraction check (plan_fee_bps between 0 and 10000),
    constraint payout_weekday_is_a_weekday check (payout_weekday between 0 and 6),
    constraint payout_hold_is_reasonable check (payout_hold between interval '0' and interval '90 days'),
    constraint minimum_payout_is_not_negative check (minimum_payout_cents >= 0),
    constraint checkout_hold_is_reasonable check (checkout_hold_minutes between 1 and 1440),
    constraint open_holds_are_limited check (max_open_holds between 1 and 100),
    constraint held_lessons_are_limited check (max_held_lessons between 1 and 1000),
    constraint lessons_paid_later_are_limited check (max_lessons_paid_later between 0 and 100),
    constraint referral_discount_is_a_fraction check (referral_discount_bps between 0 and 10000),
    constraint a_reward_is_for_a_discounted_lesson check (
        referral_reward_cents between 0 and 1000000 and (referral_reward_cents = 0 or referral_discount_bps > 0)
    ),
    constraint credit_is_valid_for_months check (credit_validity_months between 1 and 120),
    constraint at_most_two_reminders_a_lesson check (
        case
            when array_ndims(reminder_minutes) > 1 then false
            else cardinality(reminder_minutes) <= 2 and array_position(reminder_minutes, null) is null
                and 10 <= all (reminder_minutes) and 20160 >= all (reminder_minutes)
        end
    ),
    constraint completion_grace_is_reasonable check (completion_grace between interval '1 hour' and interval '5 days'),
    constraint labels_are_an_object check (jsonb_typeof(labels) = 'object' and pg_column_size(labels) <= 8192),
    constraint labels_are_words check (private.values_are_lines(labels))
);

create unique index slug_is_unique on public.organizations (lower(slug));
create unique index there_is_one_marketplace on public.organizations (is_marketplace) where is_marketplace;
create index on public.organizations (name);
create index on public.organizations (currency);

comment on table public.organizations is 'A tenant: a school, or the open marketplace for instructors without one.';
comment on column public.organizations.is_platform is
    'Has no people and sells nothing: the platform''s own money is posted here, and money whose tenant is unknown.';
comment on column public.organizations.max_open_holds is 'How many orders a person may have unpaid at once; a series is one.';
comment on column public.organizations.max_held_lessons is 'How many lessons ahead a person may have unpaid at once, free ones counted.';
comment on column public.organizations.max_lessons_paid_later is
    'How many lessons ahead a person may have at once whose price is charged to a saved card two days before each; 0: none is sold so.';
comment on column public.organizations.fee_mode is 'on_top: the learner pays price + fee. included: the fee comes out of the price.';
comment on column public.organizations.fee_bps is 'The platform''s fee in basis points of the list price: 1800 is 18 %.';
comment on column public.organizations.plan_fee_bps is
    'The fee of the plan that the organization has subscribed to, in place of fee_bps; null without one. 75_billing writes it.';
comment on column public.organizations.payout_weekday is '0 is Sunday, 5 is Friday, in the organization''s time zone.';
comment on column public.organizations.payout_hold is 'How long after the lesson an earning becomes payable.';
comment on column public.organizations.minimum_payout_cents is 'A smaller balance is not paid out but carried forward to the next payday.';
comment on column public.organizations.checkout_hold_minutes is 'How long a slot stays reserved for a booking that is not paid yet.';
comment on column public.organizations.referral_discount_bps is
    'Discount on the first lesson of a referred learner; 0 turns referrals off.';
comment on column public.organizations.referral_reward_cents is 'Reward for the referrer of that learner, in the organization''s currency.';
comment on column public.organizations.credit_validity_months is 'How long prepaid minutes can be used; null: they never expire.';
comment on column public.organizations.withdrawal_mode is
    'What consumers may withdraw from within 14 days: full: lessons and prepaid hours; packages: prepaid hours; none.';
comment on column public.organizations.supply_model is
    'Who sells lessons to learners. agent: the instructor does, and the platform is paid a fee. principal: the organization or the platform '
    'does, in its own name, and no fee is invoiced.';
comment on column public.organizations.refunds_resold_times is
    'Whether what is kept of a late cancellation goes back when somebody else pays for the same time.';
comment on column public.organizations.forfeits_expired_hours is
    'Whether prepaid minutes that expire are earned by the instructor; else they are refunded.';
comment on column public.organizations.requires_second_factor is
    'Whether changing where money goes needs a session with a second factor (aal2). On the platform''s own row, where it is on unless '
    'switched off in Studio: whether anything that only a platform admin may do needs one.';
comment on column public.organizations.reminder_minutes is 'How many minutes before a lesson both sides are reminded of it; at most two.';
comment on column public.organizations.completion_grace is
    'How long after its end a lesson that nobody has completed is completed by itself.';
comment on column public.organizations.labels is 'Words that the frontend shows instead of ours, such as {"instructor": "coach"}.';

create table public.profiles (
    id uuid primary key references auth.users (id) on delete cascade,
    email text,
    full_name text,
    display_name text,
    first_name text,
    last_name text,
    phone text,
    avatar_url text,
    time_zone text,
    locale text,
    external_id text unique,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    constraint names_are_short check (
        greatest(length(full_name), length(display_name), length(first_name), length(last_name)) <= 200
    ),
    constraint names_are_readable check (
        private.is_line(full_name) and private.is_line(display_name) and private.is_line(first_name) and private.is_line(last_name)
    ),
    constraint phone_is_short check (length(phone) <= 40),
    constraint phone_is_readable check (private.is_line(phone)),
    constraint avatar_url_is_a_link check (private.is_link(avatar_url)),
    constraint time_zone_is_known check (private.is_time_zone(time_zone)),
    constraint locale_is_a_language check (locale ~ '^[a-z]{2}(-[A-Z]{2})?$')
);

create index on public.profiles (lower(email));

comment on table public.profiles is 'A person with a login, one to one with auth.users; created at sign-up.';
comment on column public.profiles.locale is 'The language of messages to the person, such as en or de-AT; null: English.';
comment on column public.profiles.external_id is 'The person''s id in another identity system.';

create table public.organization_members (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    user_id uuid not null references public.profiles (id) on delete cascade,
    role public.org_role not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (user_id, org_id, role),
    constraint the_platform_has_no_people check (org_id <> private.platform_id())
);

create index on public.organization_members (org_id, role);

comment on table public.organization_members is 'A person''s roles in an organization, one row each.';

create table private.platform_admins (
    user_id uuid primary key references public.profiles (id) on delete restrict,
    note text,
    created_at timestamptz not null default private.clock()
);

comment on table private.platform_admins is 'The people who run the platform. Rows are added in Studio only; no API function does.';

alter table public.organizations enable row level security;
alter table public.profiles enable row level security;
alter table public.organization_members enable row level security;
alter table private.platform_admins enable row level security;

insert into public.organizations (id, name, slug, time_zone, currency, is_marketplace, is_platform, requires_second_factor)
values
    ('00000000-0000-4000-8000-000000000001', 'Marketplace', 'marketplace', 'Europe/London', 'gbp', true, false, false),
    (private.platform_id(), 'Platform', 'platform', 'Europe/London', 'gbp', false, true, true);

create trigger touch_updated_at
    before update on public.organizations
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.profiles
    for each row execute function private.touch_updated_at();
