-- sql/00_foundation/01_schemas.sql
-- 00_foundation: what every other room rests on. Every room calls it; it calls no other room.
--
--   01_schemas      schemas, extensions, the two service logins; nothing may be called until it is granted
--   10_tables       the allowed status changes of all state machines; the currencies
--   20_clock        private.clock(): the present, in every rule
--   30_refuse       how a request is refused (SQLSTATE, code, message, hint) and how tables are kept append-only
--   40_transitions  the trigger that every table with a status attaches, and who is acting
--   70_values       pure helpers: prorating, tags, time zones, search patterns, page sizes
--   90_access       which of them the API roles may execute

-- The two logins of the Python services. Roles belong to the whole cluster, so they may exist already when a second
-- database is created. The operator sets their passwords; they are never in this repository.
do $$
begin
    if to_regrole('webhook_service') is null then
        create role webhook_service login noinherit connection limit 50;
    end if;
    if to_regrole('jobs') is null then
        create role jobs login noinherit connection limit 50;
    end if;
end;
$$;

-- public is the API, private is never exposed, extensions holds extensions that ship with stock Postgres.
create schema private;
comment on schema private is 'Rules, ledger, inbox and outbox. Never exposed through the Data API.';

create extension btree_gist with schema extensions;
create extension hstore with schema extensions;
create extension pg_trgm with schema extensions;

-- Access is denied by default: each room grants access explicitly in its 90_access.sql.
-- The first statement has no "in schema" on purpose: with it, the revoke would have no effect.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;

-- A temporary type of one's own, such as pg_temp.text, could stand in for one that a function names, and run its owner's code with
-- the rights of the function's owner. Functions look into pg_temp last ('', pg_temp), and nobody may create anything there. The
-- grant belongs to the database, not to its contents: whoever restores a backup or clones a database repeats this statement.
do $$
begin
    execute format('revoke temporary on database %I from public', current_database());
end;
$$;

-- The two services call functions of private by name, so they need usage on the schema; execute is granted function by
-- function.
grant usage on schema private to webhook_service, jobs;

-- sql/00_foundation/10_tables.sql
create type private.actor_kind as enum ('user', 'service', 'job', 'studio');
comment on type private.actor_kind is
    'Who acts: a signed-in person, the webhook service, the scheduled jobs, or an admin in Studio.';

create table private.status_transitions (
    entity text not null,
    from_status text not null,
    to_status text not null,
    actors private.actor_kind[] not null,
    primary key (entity, from_status, to_status),
    constraint transition_moves check (from_status <> to_status),
    constraint transition_has_actors check (cardinality(actors) > 0)
);

comment on table private.status_transitions is
    'Every allowed status change, enforced for every writer by enforce_status_transition. from_status ''new'' lists the statuses a '
    'row may be inserted with.';
comment on column private.status_transitions.actors is
    'Who may make this change. Only the services move money, so an admin in Studio cannot mark a payment succeeded or a payout paid.';

create table private.currencies (
    code text primary key,
    minor_digits smallint not null,
    minimum_charge_cents bigint not null,
    constraint code_is_lower_case_iso check (code ~ '^[a-z]{3}$'),
    constraint minor_digits_are_known check (minor_digits in (0, 2, 3)),
    constraint minimum_is_positive check (minimum_charge_cents > 0)
);

comment on table private.currencies is 'The currencies that prices may be in, with Stripe''s minimum charge.';
comment on column private.currencies.minor_digits is 'Decimal places of the minor unit: 2 for gbp, 0 for jpy.';
comment on column private.currencies.minimum_charge_cents is 'Stripe''s minimum charge, in the minor unit.';

alter table private.status_transitions enable row level security;
alter table private.currencies enable row level security;

-- Stripe's minimum charge amounts (docs.stripe.com/currencies), for the currencies that the product sells in.
insert into private.currencies (code, minor_digits, minimum_charge_cents)
values
    ('aud', 2, 50),
    ('cad', 2, 50),
    ('chf', 2, 50),
    ('dkk', 2, 250),
    ('eur', 2, 50),
    ('gbp', 2, 30),
    ('jpy', 0, 50),
    ('nok', 2, 300),
    ('nzd', 2, 50),
    ('pln', 2, 200),
    ('sek', 2, 300),
    ('sgd', 2, 50),
    ('usd', 2, 50);

-- sql/00_foundation/20_clock.sql
-- The present. Every rule uses it instead of now(), so that a test database can replace it and let hours and weeks pass.
create function private.clock()
    returns timestamptz
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select now();
$$;

comment on function private.clock is 'The present, used by every rule instead of now(). Constant within a transaction.';

-- Trigger of every table with an updated_at. Definer: API roles update these tables and have no access to private.
create function private.touch_updated_at()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    new.updated_at := private.clock();
    return new;
end;
$$;

-- sql/00_foundation/30_refuse.sql
-- Refuses a request: a message for the person, the next step as hint, a stable code for the program.
-- The Data API turns PT404 into 404, PT409 into 409, PT422 into 422, PT429 into 429 and 42501 into 403.
create function private.refuse(p_sqlstate text, p_code text, p_message text, p_hint text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    raise exception using
        errcode = p_sqlstate,
        message = p_message,
        detail = jsonb_build_object('code', p_code)::text,
        hint = p_hint;
end;
$$;

comment on function private.refuse is
    'Raises p_sqlstate with the code in detail as JSON. Every code is listed in sql/README.md.';

-- Turns a constraint violation into a refusal with status 422; called by exception handlers. The constraint's name is a
-- sentence, and becomes the code and the message. For a not-null violation Postgres names only the column; for a number out
-- of its type's range it names neither.
create function private.refuse_violation(p_constraint_name text, p_missing_column text default '')
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_missing_column <> '' then
        perform private.refuse(
            'PT422', 'value_missing',
            format('The %s is missing.', replace(p_missing_column, '_', ' ')),
            'Give it and try again.'
        );
    end if;
    if p_constraint_name = '' then
        perform private.refuse(
            'PT422', 'value_out_of_range',
            'A value is out of range.',
            'Correct the value and try again.'
        );
    end if;
    perform private.refuse(
        'PT422', p_constraint_name,
        format('That breaks a rule: %s.', replace(p_constraint_name, '_', ' ')),
        'Correct the value and try again.'
    );
end;
$$;

-- Trigger of every append-only table: refuses update, delete and truncate, whoever the writer is.
-- Definer: the writer may have no access to private.
create function private.forbid_change()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'append_only',
        format('%s is append-only: its rows are never changed or removed.', tg_table_name),
        'Record a correction as a new row.'
    );
    return null;
end;
$$;

-- sql/00_foundation/40_transitions.sql
-- Trigger of every table with a status: allows only the changes listed in private.status_transitions, and only to the actors
-- listed there. It binds every writer, including Studio and the service key. The trigger's argument is the entity's name.
-- Definer: writers may not read status_transitions.
create function private.enforce_status_transition()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    old_status text := 'new';
begin
    if tg_op = 'UPDATE' then
        if old.status = new.status then
            return new;
        end if;
        old_status := old.status::text;
    end if;

    if not exists (
        select
        from private.status_transitions transition
        where transition.entity = tg_argv[0]
            and transition.from_status = old_status
            and transition.to_status = new.status::text
            and private.actor_kind() = any (transition.actors)
    ) then
        perform private.refuse(
            'PT409', 'illegal_transition',
            format('A %s cannot go from %s to %s this way.', tg_argv[0], old_status, new.status),
            'Reload the row: it may have moved on. Use the function made for this step.'
        );
    end if;
    return new;
end;
$$;

-- Who is acting in this transaction. The two services are recognized by their login, so that no claims they might set can
-- turn them into a person; everybody else by the verified claims of the Data API. A session without claims is Studio.
create function private.actor_kind()
    returns private.actor_kind
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when session_user = 'webhook_service' then 'service'
        when session_user = 'jobs' then 'job'
        when auth.jwt() ->> 'role' = 'service_role' then 'service'
        when auth.jwt() ->> 'role' is not null then 'user'
        else 'studio'
    end::private.actor_kind;
$$;

-- sql/00_foundation/70_values.sql
-- The share p_part / p_whole of an amount, rounded half up, in integers: prorate(1000, 1800, 10000) is 18 % of 10.00.
-- 0 when p_whole is 0.
create function private.prorate(p_cents bigint, p_part bigint, p_whole bigint)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case when p_whole = 0 then 0 else (2 * p_cents * p_part + p_whole) / (2 * p_whole) end;
$$;

-- True for at most 50 tags of 1 to 100 characters each, short enough for a GIN index.
create function private.tags_are_valid(p_tags text[])
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select count(*) <= 50 and coalesce(bool_and(tag is not null and length(tag) between 1 and 100), true)
    from unnest(p_tags) tag;
$$;

-- True for a time zone of the IANA database. Abbreviations (CET) and POSIX rules are refused because they carry no history
-- of clock changes. Postgres reads an unknown name that contains a number, such as Europe/London+3, as a POSIX rule;
-- only the Etc/GMT zones may contain one.
create function private.is_time_zone(p_name text)
    returns boolean
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_name !~ '^(UTC|Etc/GMT(0|\+(\d|1[0-2])|-(\d|1[0-4]))|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_-]+){1,2})$' then
        return false;
    end if;
    perform timestamp '2000-01-01' at time zone p_name;
    return true;
exception
    when invalid_parameter_value then
        return false;
end;
$$;

comment on function private.is_time_zone is
    'True for a name such as Europe/London. Immutable in practice: zones are added, never removed.';

-- Casts a text from outside, such as Stripe's metadata, to uuid; null if it is not a valid one.
create function private.uuid_or_null(p_text text)
    returns uuid
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when pg_input_is_valid(p_text, 'uuid') then p_text::uuid
    end;
$$;

-- A uuid (version 8, of RFC 9562) that only the text decides: the first half of its SHA-256.
create function private.uuid_of(p_text text)
    returns uuid
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select encode(
        set_byte(
            set_byte(digest.bytes, 6, get_byte(digest.bytes, 6) & 15 | 128),
            8, get_byte(digest.bytes, 8) & 63 | 128
        ),
        'hex'
    )::uuid
    from (select substring(sha256(convert_to(p_text, 'UTF8')) for 16) as bytes) digest;
$$;

-- The (i)like pattern that matches every text containing p_text literally: '%' and '_' are escaped. Null for null.
create function private.like_pattern(p_text text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select '%' || regexp_replace(p_text, '([\\%_])', '\\\1', 'g') || '%';
$$;

-- Rows on a page of a list: the requested number, at least 1 and at most 200; 50 by default.
create function private.page_size(p_limit integer)
    returns integer
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select least(greatest(coalesce(p_limit, 50), 1), 200);
$$;

-- sql/00_foundation/90_access.sql
-- Column defaults and checks run as the writer, so writers need these; the jobs read the clock.
grant execute on function private.clock to authenticated, jobs;
grant execute on function private.is_time_zone to authenticated;
grant execute on function private.tags_are_valid to authenticated;

-- sql/10_people/10_tables.sql
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
    payout_weekday smallint not null default 5,
    payout_hold interval not null default interval '24 hours',
    minimum_payout_cents bigint not null default 0,
    checkout_hold_minutes integer not null default 15,
    fee_refundable boolean not null default true,
    dispute_liability public.dispute_liability not null default 'platform',
    max_open_holds integer not null default 3,
    referral_discount_bps integer not null default 0,
    referral_reward_cents bigint not null default 0,
    credit_validity_months integer,
    labels jsonb not null default '{}',
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    constraint name_is_short check (length(name) between 1 and 200),
    constraint one_organization_is_the_platform check (is_platform = (id = private.platform_id()) and not (is_platform and is_marketplace)),
    constraint slug_is_url_safe check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 80),
    constraint tax_id_is_short check (length(tax_id) <= 40),
    constraint time_zone_is_known check (private.is_time_zone(time_zone)),
    constraint fee_is_a_fraction check (fee_bps between 0 and 10000),
    constraint payout_weekday_is_a_weekday check (payout_weekday between 0 and 6),
    constraint payout_hold_is_reasonable check (payout_hold between interval '0' and interval '90 days'),
    constraint minimum_payout_is_not_negative check (minimum_payout_cents >= 0),
    constraint checkout_hold_is_reasonable check (checkout_hold_minutes between 1 and 1440),
    constraint open_holds_are_limited check (max_open_holds between 1 and 100),
    constraint referral_discount_is_a_fraction check (referral_discount_bps between 0 and 10000),
    constraint a_reward_is_for_a_discounted_lesson check (
        referral_reward_cents between 0 and 1000000 and (referral_reward_cents = 0 or referral_discount_bps > 0)
    ),
    constraint credit_is_valid_for_months check (credit_validity_months between 1 and 120),
    constraint labels_are_an_object check (jsonb_typeof(labels) = 'object' and pg_column_size(labels) <= 8192)
);

create unique index slug_is_unique on public.organizations (lower(slug));
create unique index there_is_one_marketplace on public.organizations (is_marketplace) where is_marketplace;
create index on public.organizations (name);
create index on public.organizations (currency);

comment on table public.organizations is 'A tenant: a school, or the open marketplace for instructors without one.';
comment on column public.organizations.is_platform is
    'Has no people and sells nothing: the platform''s own money is posted here, and money whose tenant is unknown.';
comment on column public.organizations.fee_mode is 'on_top: the learner pays price + fee. included: the fee comes out of the price.';
comment on column public.organizations.fee_bps is 'The platform''s fee in basis points of the list price: 1800 is 18 %.';
comment on column public.organizations.payout_weekday is '0 is Sunday, 5 is Friday, in the organization''s time zone.';
comment on column public.organizations.payout_hold is 'How long after the lesson an earning becomes payable.';
comment on column public.organizations.minimum_payout_cents is 'A smaller balance is not paid out but carried forward to the next payday.';
comment on column public.organizations.checkout_hold_minutes is 'How long a slot stays reserved for a booking that is not paid yet.';
comment on column public.organizations.referral_discount_bps is
    'Discount on the first lesson of a referred learner; 0 turns referrals off.';
comment on column public.organizations.referral_reward_cents is 'Reward for the referrer of that learner, in the organization''s currency.';
comment on column public.organizations.credit_validity_months is 'How long prepaid minutes can be used; null: they never expire.';
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
    external_id text unique,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    constraint names_are_short check (
        greatest(length(full_name), length(display_name), length(first_name), length(last_name)) <= 200
    ),
    constraint phone_is_short check (length(phone) <= 40),
    constraint avatar_url_is_a_link check (avatar_url ~ '^https?://' and length(avatar_url) <= 2000),
    constraint time_zone_is_known check (private.is_time_zone(time_zone))
);

create index on public.profiles (lower(email));

comment on table public.profiles is 'A person with a login, one to one with auth.users; created at sign-up.';
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

insert into public.organizations (id, name, slug, time_zone, currency, is_marketplace, is_platform)
values
    ('00000000-0000-4000-8000-000000000001', 'Marketplace', 'marketplace', 'Europe/London', 'gbp', true, false),
    (private.platform_id(), 'Platform', 'platform', 'Europe/London', 'gbp', false, true);

create trigger touch_updated_at
    before update on public.organizations
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.profiles
    for each row execute function private.touch_updated_at();

-- sql/10_people/20_profiles.sql
-- Creates a profile for every new login, and follows changes of the login's address. It must never stop a sign-up, so names
-- that are too long are cut, and a bad avatar link is left out, instead of being refused.
-- Definer: Supabase Auth may not write in public.
create function private.sync_profile()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    metadata jsonb := coalesce(new.raw_user_meta_data, '{}');
begin
    insert into public.profiles as profile (id, email, full_name, display_name, first_name, last_name, avatar_url)
    values (
        new.id,
        new.email,
        left(metadata ->> 'full_name', 200),
        left(coalesce(metadata ->> 'display_name', metadata ->> 'full_name'), 200),
        left(metadata ->> 'first_name', 200),
        left(metadata ->> 'last_name', 200),
        case
            when length(metadata ->> 'avatar_url') <= 2000 then substring(metadata ->> 'avatar_url' from '^https?://\S+$')
        end
    )
    on conflict (id) do update
        set email = excluded.email
        where profile.email is distinct from excluded.email;
    return new;
end;
$$;

create trigger sync_profile
    after insert or update of email on auth.users
    for each row execute function private.sync_profile();

-- sql/10_people/30_callers.sql
-- The signed-in person; null for visitors, and for anonymous sign-ins, which have no rights anywhere.
create function private.my_user_id()
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select auth.uid() where not coalesce((auth.jwt() ->> 'is_anonymous')::boolean, false);
$$;

-- True if the caller runs the platform. Definer: nobody may read the list of platform admins.
create function private.is_platform_admin()
    returns boolean
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return exists (select from private.platform_admins admin where admin.user_id = private.my_user_id());
end;
$$;

-- The organizations that the caller belongs to or administers.
-- Definer: the policy on memberships would recurse if they were read as the caller.
create function private.my_org_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return private.my_admin_org_ids() || array(
        select distinct member.org_id
        from public.organization_members member
        where member.user_id = private.my_user_id()
    );
end;
$$;

-- The organizations that the caller administers: all of them for a platform admin, so that policies need no second condition.
-- Definer: the policy on memberships calls this function, so reading them as the caller would recurse.
create function private.my_admin_org_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    if private.is_platform_admin() then
        return array(select organization.id from public.organizations organization where not organization.is_platform);
    end if;
    return array(
        select member.org_id
        from public.organization_members member
        where member.user_id = private.my_user_id()
            and member.role in ('owner', 'admin')
    );
end;
$$;

-- The caller's verified e-mail address. Definer: people may not read auth.users.
create function private.my_verified_email()
    returns text
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return private.verified_email(private.my_user_id());
end;
$$;

-- A person's verified e-mail address in lower case; null while it is not verified.
create function private.verified_email(p_user_id uuid)
    returns text
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select lower(login.email)
    from auth.users login
    where login.id = p_user_id
        and login.email_confirmed_at is not null;
$$;

-- sql/10_people/40_require.sql
-- The signed-in person; refuses visitors and anonymous sign-ins.
create function private.require_person()
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.my_user_id();
begin
    if person is null then
        perform private.refuse(
            '42501', 'sign_in_required',
            'You need to sign in to do this.',
            'Sign in with an e-mail address or a phone number, then try again.'
        );
    end if;
    return person;
end;
$$;

-- The caller, if they are an owner or admin of the organization. Answers the same for somebody else's organization as for an
-- id that does not exist, so that nobody can probe for ids.
create function private.require_org_admin(p_org_id uuid)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
begin
    if p_org_id is null or not p_org_id = any (private.my_admin_org_ids()) then
        perform private.refuse(
            'PT404', 'organization_not_found',
            'There is no such organization that you administer.',
            'Check the id, or ask an owner to make you an admin.'
        );
    end if;
    return person;
end;
$$;

-- The caller, if they are a platform admin. Notes the reason in lplate.reason, from where the audit log takes it.
create function private.require_platform_admin(p_reason text)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not private.is_platform_admin() then
        perform private.refuse(
            '42501', 'not_an_admin',
            'Only an admin of the platform can do this.',
            'Ask the platform''s support.'
        );
    end if;
    if coalesce(length(trim(p_reason)), 0) not between 3 and 500 then
        perform private.refuse(
            'PT422', 'reason_required',
            'An admin''s decision needs a reason of 3 to 500 characters.',
            'Say in a sentence why; it is kept in the audit log.'
        );
    end if;
    perform set_config('lplate.reason', p_reason, true);
    return private.my_user_id();
end;
$$;

-- A currency's lower-case code; refuses currencies that are not sold in. Accepts upper case, as frontends send DKK.
create function private.require_currency(p_currency text)
    returns text
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    known_code text;
begin
    select currency.code into known_code
    from private.currencies currency
    where currency.code = lower(p_currency);

    if not found then
        perform private.refuse(
            'PT422', 'unknown_currency',
            'That currency cannot be charged here.',
            'Send an ISO 4217 code such as gbp or eur.'
        );
    end if;
    return known_code;
end;
$$;

-- The organization of every instructor and learner without a school.
create function private.marketplace_id()
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select organization.id from public.organizations organization where organization.is_marketplace;
$$;

-- sql/10_people/80_api.sql
create view public.my_roles
    with (security_invoker = true)
as
select member.org_id, member.role::text as role
from public.organization_members member
where member.user_id = (select private.my_user_id())
union all
select null as org_id, 'platform_admin' as role
where (select private.is_platform_admin());

comment on view public.my_roles is
    'The caller''s roles, one row each: owner, admin, instructor or learner of an organization, or platform_admin.';

-- sql/10_people/90_access.sql
grant execute on function private.my_user_id to authenticated;
grant execute on function private.platform_id to authenticated;
grant execute on function private.is_platform_admin to authenticated;
grant execute on function private.my_admin_org_ids to authenticated;
grant execute on function private.my_org_ids to authenticated;
grant execute on function private.my_verified_email to authenticated;

create policy select_member on public.organizations
    for select
    to authenticated
    using (id = any ((select private.my_org_ids())::uuid[]));

grant select on public.organizations to authenticated, service_role;
-- NOTE: no write is granted: the settings decide about money, so organizations change only through functions and Studio.

create policy select_own on public.profiles
    for select
    to authenticated
    using (id = (select private.my_user_id()));

create policy update_own on public.profiles
    for update
    to authenticated
    using (id = (select private.my_user_id()));

grant select on public.profiles to authenticated, service_role;
grant update (full_name, display_name, first_name, last_name, phone, avatar_url, time_zone) on public.profiles to authenticated;
-- NOTE: the address follows the login, and sync_profile inserts.

create policy select_own_or_admin on public.organization_members
    for select
    to authenticated
    using (
        user_id = (select private.my_user_id())
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.organization_members to authenticated, service_role;
-- NOTE: no write is granted: roles change only through the functions of 14_schools.

grant select on public.my_roles to authenticated;

-- sql/12_parties/10_tables.sql
-- 12_parties: who teaches (instructors), who is taught (learners), and who answers for a learner (guardians).
--
--   20_instructors       become an instructor of the marketplace, be added by a school, be verified, be found
--   30_learners          be added by a school, set a date of birth
--   31_bookable_learner  for whom the caller may book; joins the marketplace with the first booking; one request at a time
--   40_guardians         offer a guardianship to an address, consent to it, revoke it
--   50_callers           my_…_ids: which of these rows belong to the caller; asked by the policies of every later room
--   70_consent           who is a minor, and whether a guardian has consented
--
-- What only the person and the admins may see is in a second table (…_details), because policies choose rows, not columns.
-- Discounts (35), credits (45) and bookings (50) ask 31_bookable_learner; 14_schools links logins.

create type public.verification_status as enum ('pending', 'verified', 'rejected');
create type public.payee_kind as enum ('instructor', 'organization');
create type public.payout_schedule as enum ('instant', 'daily', 'weekly', 'monthly');
create type public.experience_level as enum ('beginner', 'intermediate', 'advanced');

create table public.instructors (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    user_id uuid references public.profiles (id) on delete restrict,
    display_name text not null,
    bio text,
    expertise_areas text[] not null default '{}',
    hourly_rate_cents bigint not null,
    currency text not null references private.currencies (code),
    is_active boolean not null default true,
    is_available boolean not null default true,
    verification_status public.verification_status not null default 'pending',
    time_zone text not null,
    minimum_notice_minutes integer not null default 0,
    horizon_days integer not null default 90,
    buffer_before_minutes integer not null default 0,
    buffer_after_minutes integer not null default 0,
    rating numeric(3, 2),
    rating_count integer not null default 0,
    lesson_count integer not null default 0,
    daily_cap integer,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, user_id),
    constraint the_platform_has_no_people check (org_id <> private.platform_id()),
    constraint display_name_is_short check (length(display_name) between 1 and 200),
    constraint bio_is_short check (length(bio) <= 10000),
    constraint expertise_is_short check (private.tags_are_valid(expertise_areas)),
    constraint hourly_rate_can_be_charged check (hourly_rate_cents between 0 and 99999999),
    constraint time_zone_is_known check (private.is_time_zone(time_zone)),
    constraint notice_is_reasonable check (minimum_notice_minutes between 0 and 43200),
    constraint horizon_is_at_most_a_year check (horizon_days between 1 and 366),
    constraint buffers_are_reasonable check (
        buffer_before_minutes between 0 and 240 and buffer_after_minutes between 0 and 240
    ),
    constraint daily_cap_is_reasonable check (daily_cap between 1 and 50),
    constraint rating_is_one_to_five check (rating between 1 and 5),
    constraint counts_are_not_negative check (rating_count >= 0 and lesson_count >= 0)
);

create index on public.instructors (org_id, is_active);
create index on public.instructors (user_id);
create index on public.instructors (currency);
create index on public.instructors using gin (expertise_areas);
create index on public.instructors using gin (display_name extensions.gin_trgm_ops);

comment on table public.instructors is
    'Who teaches and is paid: the columns that everybody may see. The private ones are in instructor_details.';
comment on column public.instructors.user_id is 'The instructor''s login; null while a school manages the instructor.';
comment on column public.instructors.hourly_rate_cents is 'Price of 60 minutes, without the platform''s fee that may be added on top.';
comment on column public.instructors.is_active is 'False: not listed, and new bookings are refused. Set by the school.';
comment on column public.instructors.is_available is 'False: new bookings are refused for now. Set by the instructor.';
comment on column public.instructors.daily_cap is 'Most lessons on one local day; null: no limit.';
comment on column public.instructors.buffer_before_minutes is 'Time kept free before each lesson.';

create table public.instructor_details (
    instructor_id uuid not null unique,
    org_id uuid not null,
    phone text,
    license_id text,
    fee_mode public.fee_mode,
    fee_bps integer,
    payee public.payee_kind not null default 'instructor',
    payout_schedule public.payout_schedule not null default 'weekly',
    minimum_payout_cents bigint,
    is_payout_held boolean not null default false,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, instructor_id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint phone_is_short check (length(phone) <= 40),
    constraint license_is_short check (length(license_id) <= 100),
    constraint fee_is_a_fraction check (fee_bps between 0 and 10000),
    constraint minimum_payout_is_not_negative check (minimum_payout_cents >= 0)
);


comment on table public.instructor_details is 'The columns that only the instructor and the admins see; one row for each instructor.';
comment on column public.instructor_details.is_payout_held is 'True: an admin holds back all payouts to this instructor.';
comment on column public.instructor_details.minimum_payout_cents is 'Overrides the organization''s minimum payout; null: the organization''s.';
comment on column public.instructor_details.fee_bps is 'Overrides the organization''s fee; null: the organization''s.';

create table public.learners (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    user_id uuid references public.profiles (id) on delete restrict,
    full_name text not null,
    email text,
    phone text,
    learning_goals text[] not null default '{}',
    interests text[] not null default '{}',
    experience_level public.experience_level,
    preferred_duration_minutes integer,
    lesson_count integer not null default 0,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, user_id),
    constraint the_platform_has_no_people check (org_id <> private.platform_id()),
    constraint full_name_is_short check (length(full_name) between 1 and 200),
    constraint contact_is_short check (length(email) <= 320 and length(phone) <= 40),
    constraint goals_are_short check (
        cardinality(learning_goals) <= 50 and pg_column_size(learning_goals) <= 8192
        and cardinality(interests) <= 50 and pg_column_size(interests) <= 8192
    ),
    constraint duration_is_in_quarters check (
        preferred_duration_minutes between 15 and 1440 and preferred_duration_minutes % 15 = 0
    )
);

create index on public.learners (org_id, full_name);
create index on public.learners (user_id);

comment on table public.learners is 'Who is taught, within one organization. The private columns are in learner_details.';
comment on column public.learners.lesson_count is 'Completed lessons; maintained by the database.';

create table public.learner_details (
    learner_id uuid not null unique,
    org_id uuid not null,
    date_of_birth date,
    notes text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, learner_id),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint birth_is_plausible check (date_of_birth between date '1900-01-01' and date '2100-01-01'),
    constraint notes_are_short check (length(notes) <= 10000)
);


comment on table public.learner_details is 'The columns that only the learner, their guardians and the admins see; one row for each learner.';

create table public.instructor_learners (
    org_id uuid not null,
    instructor_id uuid not null,
    learner_id uuid not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, instructor_id, learner_id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict
);

create index on public.instructor_learners (org_id, learner_id);
create index on public.instructor_learners (instructor_id);
create index on public.instructor_learners (learner_id);

comment on table public.instructor_learners is
    'Which learner has ever booked which instructor, even if the booking expired: each of the two may then see the other.';

create table public.guardians (
    id uuid primary key default gen_random_uuid(),
    user_id uuid unique references public.profiles (id) on delete restrict,
    full_name text not null,
    phone text,
    email text not null,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    constraint full_name_is_short check (length(full_name) between 1 and 200),
    constraint contact_is_short check (length(email) <= 320 and length(phone) <= 40)
);

comment on column public.guardians.user_id is 'The guardian''s login; null after the person was erased.';
comment on table public.guardians is 'Who answers for learners, with a login of their own. Belongs to no organization.';

create table public.learner_guardians (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    learner_id uuid not null,
    guardian_id uuid references public.guardians (id) on delete restrict,
    guardian_email text not null,
    relation text,
    can_view boolean not null default true,
    can_book boolean not null default false,
    can_pay boolean not null default false,
    invited_by uuid references public.profiles (id) on delete set null,
    consented_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint email_is_short check (length(guardian_email) between 3 and 320 and position('@' in guardian_email) > 1),
    constraint relation_is_short check (length(relation) <= 100),
    constraint consent_is_given_by_somebody check ((consented_at is null) = (guardian_id is null))
);

create unique index one_live_link_a_learner_and_guardian
    on public.learner_guardians (learner_id, lower(guardian_email))
    where revoked_at is null;
create index on public.learner_guardians (org_id, learner_id);
create index on public.learner_guardians (guardian_id);
create index on public.learner_guardians (learner_id);
create index on public.learner_guardians (invited_by);
create index on public.learner_guardians (lower(guardian_email));

comment on table public.learner_guardians is
    'What a guardian may do for a learner: from the guardian''s consent until the link is revoked or the learner turns 18.';
comment on column public.learner_guardians.guardian_email is 'The address that the link was offered to. Only its verified owner can consent.';

alter table public.instructors enable row level security;
alter table public.instructor_details enable row level security;
alter table public.learners enable row level security;
alter table public.learner_details enable row level security;
alter table public.instructor_learners enable row level security;
alter table public.guardians enable row level security;
alter table public.learner_guardians enable row level security;

create trigger touch_updated_at
    before update on public.instructors
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.instructor_details
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.learners
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.learner_details
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.guardians
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.learner_guardians
    for each row execute function private.touch_updated_at();

-- sql/12_parties/20_instructors.sql
-- Makes the caller an instructor of the marketplace. A platform admin verifies them before learners can book.
-- Definer: people may not insert instructors, since organization and verification are not theirs to choose.
create function private.become_instructor(
    p_display_name text,
    p_hourly_rate_cents bigint,
    p_currency text,
    p_bio text,
    p_time_zone text
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    marketplace public.organizations;
    new_instructor_id uuid;
    broken_rule text;
    missing_column text;
begin
    select * into strict marketplace from public.organizations where is_marketplace;

    insert into public.instructors (org_id, user_id, display_name, hourly_rate_cents, currency, bio, time_zone)
    values (
        marketplace.id,
        person,
        trim(p_display_name),
        p_hourly_rate_cents,
        private.require_currency(coalesce(p_currency, marketplace.currency)),
        p_bio,
        coalesce(p_time_zone, marketplace.time_zone)
    )
    on conflict (org_id, user_id) do nothing
    returning id into new_instructor_id;

    if new_instructor_id is null then
        perform private.refuse(
            'PT409', 'already_an_instructor',
            'You are already an instructor of the marketplace.',
            'Change your instructor profile instead.'
        );
    end if;

    insert into public.organization_members (org_id, user_id, role)
    values (marketplace.id, person, 'instructor')
    on conflict do nothing;

    return new_instructor_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Adds an instructor to a school, without a login until an invitation links one.
-- Definer: people may not insert instructors themselves.
create function private.add_instructor(
    p_org_id uuid,
    p_display_name text,
    p_hourly_rate_cents bigint,
    p_currency text,
    p_bio text,
    p_time_zone text
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    organization public.organizations;
    new_instructor_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_org_admin(p_org_id);
    select * into strict organization from public.organizations where id = p_org_id;

    insert into public.instructors (org_id, display_name, hourly_rate_cents, currency, bio, time_zone)
    values (
        p_org_id,
        trim(p_display_name),
        p_hourly_rate_cents,
        private.require_currency(coalesce(p_currency, organization.currency)),
        p_bio,
        coalesce(p_time_zone, organization.time_zone)
    )
    returning id into new_instructor_id;
    return new_instructor_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Creates the instructor_details row of every new instructor.
-- Definer: whoever inserts an instructor need not be allowed to insert details.
create function private.add_instructor_details()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    insert into public.instructor_details (instructor_id, org_id) values (new.id, new.org_id);
    return null;
end;
$$;

create trigger add_instructor_details
    after insert on public.instructors
    for each row execute function private.add_instructor_details();

-- Verifies or rejects an instructor; platform admins only. Definer: nobody may update the verification directly.
create function private.admin_verify_instructor(
    p_instructor_id uuid,
    p_verification_status public.verification_status,
    p_reason text
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_platform_admin(p_reason);
    if p_verification_status is null then
        perform private.refuse_violation('', 'verification_status');
    end if;

    update public.instructors
    set verification_status = p_verification_status
    where id = p_instructor_id;

    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'There is no such instructor.',
            'Check the id.'
        );
    end if;
end;
$$;

-- The public directory of instructors who can be booked.
-- Definer: under row-level security the indexes on names and tags could not be used, because their operators are not
-- leakproof; the function shows only what everybody may see. Planned anew for each search: the right index depends on the
-- arguments.
create function private.search_instructors(
    p_query text,
    p_expertise_areas text[],
    p_org_id uuid,
    p_limit integer,
    p_after uuid
)
    returns setof public.instructors
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = 'force_custom_plan'
as $$
begin
    return query
    select instructor.*
    from public.instructors instructor
    where instructor.is_active
        and instructor.is_available
        and instructor.verification_status = 'verified'
        and (p_org_id is null or instructor.org_id = p_org_id)
        and (p_query is null or instructor.display_name ilike private.like_pattern(p_query))
        and instructor.expertise_areas @> coalesce(p_expertise_areas, '{}')
        and (p_after is null or instructor.id > p_after)
    order by instructor.id
    limit private.page_size(p_limit);
end;
$$;

-- sql/12_parties/30_learners.sql
-- Adds a learner to a school, without a login until an invitation links one.
-- Definer: people may not insert learners themselves.
create function private.add_learner(
    p_org_id uuid,
    p_full_name text,
    p_email text,
    p_phone text,
    p_date_of_birth date,
    p_notes text
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    new_learner_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_org_admin(p_org_id);
    perform private.assert_date_of_birth_is_plausible(p_date_of_birth);

    insert into public.learners (org_id, full_name, email, phone)
    values (p_org_id, trim(p_full_name), p_email, p_phone)
    returning id into new_learner_id;

    update public.learner_details
    set date_of_birth = p_date_of_birth,
        notes = p_notes
    where learner_id = new_learner_id;
    return new_learner_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Creates the learner_details row of every new learner.
-- Definer: whoever inserts a learner need not be allowed to insert details.
create function private.add_learner_details()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    insert into public.learner_details (learner_id, org_id) values (new.id, new.org_id);
    return null;
end;
$$;

create trigger add_learner_details
    after insert on public.learners
    for each row execute function private.add_learner_details();

-- Sets a learner's date of birth. The learner or a guardian can set it once; an admin of the organization can correct it.
-- Definer: the date decides who needs a guardian, so nobody may update it directly.
create function private.set_date_of_birth(p_learner_id uuid, p_date_of_birth date)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    details public.learner_details;
begin
    perform private.require_person();
    select * into details
    from public.learner_details
    where learner_id = p_learner_id
        and (learner_id = any (private.my_family_ids()) or org_id = any (private.my_admin_org_ids()))
    for no key update;

    if not found then
        perform private.refuse_unknown_learner();
    end if;
    if details.date_of_birth is not null and not details.org_id = any (private.my_admin_org_ids()) then
        perform private.refuse(
            'PT409', 'date_of_birth_is_set',
            'The date of birth is set already.',
            'Ask the school, or the platform''s support, to correct it.'
        );
    end if;
    if p_date_of_birth is null then
        perform private.refuse_violation('', 'date_of_birth');
    end if;
    perform private.assert_date_of_birth_is_plausible(p_date_of_birth);

    update public.learner_details set date_of_birth = p_date_of_birth where learner_id = p_learner_id;
end;
$$;

-- Refuses a date of birth in the future or before 1900.
create function private.assert_date_of_birth_is_plausible(p_date_of_birth date)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_date_of_birth not between date '1900-01-01' and (private.clock() at time zone 'UTC')::date then
        perform private.refuse(
            'PT422', 'birth_is_plausible',
            'That date of birth is not possible.',
            'Send a date in the past, as YYYY-MM-DD.'
        );
    end if;
end;
$$;

-- The same answer for an unknown learner and for one whom the caller does not answer for. Also called by 40_guardians.
create function private.refuse_unknown_learner()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT404', 'learner_not_found',
        'There is no such learner for whom you may act.',
        'Check the id, and that you are signed in as the right person.'
    );
end;
$$;

-- sql/12_parties/31_bookable_learner.sql
-- The learner for whom the caller may book in an organization: the caller, a learner whose guardian the caller is with the
-- right to book, or a learner of a school that the caller administers. A learner under 18 needs a guardian's consent.
-- Called by bookings, credits and discount codes.
create function private.require_bookable_learner(p_learner_user_id uuid, p_learner_id uuid, p_org_id uuid)
    returns public.learners
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    learner public.learners;
begin
    if p_learner_id is null and p_learner_user_id = person then
        learner := private.ensure_learner(person, p_org_id);
    else
        select candidate.* into learner
        from public.learners candidate
        where candidate.org_id = p_org_id
            and candidate.id = coalesce(p_learner_id, candidate.id)
            and (
                candidate.user_id = p_learner_user_id
                or (p_learner_id is not null and coalesce(p_learner_user_id, person) = person)
            )
            and (
                candidate.user_id = person
                or candidate.id = any (private.ward_ids(person, 'book'))
                or candidate.org_id = any (private.my_admin_org_ids())
            );
        if learner.user_id is not null then
            learner := private.ensure_learner(learner.user_id, p_org_id);
        end if;
    end if;

    if learner.id is null then
        perform private.refuse(
            '42501', 'not_yourself',
            'You can book lessons only for yourself, for learners whose guardian you are, and for learners of your school.',
            'Send your own user id as p_learner_user_id, or the learner you are guardian of.'
        );
    end if;
    if not private.has_required_consent(learner.id) then
        perform private.refuse(
            'PT422', 'consent_required',
            'A learner under 18 needs a guardian''s consent.',
            'Call link_guardian; then the guardian accepts with give_guardian_consent.'
        );
    end if;
    return learner;
end;
$$;

-- The person's learner row in an organization. The marketplace creates one for everybody who books; a school adds its learners
-- itself, and a learner who has left the school is refused. Caller: require_bookable_learner.
create function private.ensure_learner(p_user_id uuid, p_org_id uuid)
    returns public.learners
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    learner public.learners;
    profile public.profiles;
begin
    select candidate.* into learner
    from public.learners candidate
    join public.organization_members member
        on member.org_id = candidate.org_id
        and member.user_id = candidate.user_id
        and member.role = 'learner'
    where candidate.org_id = p_org_id
        and candidate.user_id = p_user_id;
    if found then
        return learner;
    end if;

    select * into profile from public.profiles where id = p_user_id;
    if not found or p_org_id is distinct from private.marketplace_id() then
        perform private.refuse(
            '42501', 'not_a_learner_here',
            'Only learners of this school can book here.',
            'Ask the school to add you as a learner.'
        );
    end if;

    insert into public.learners (org_id, user_id, full_name, email, phone)
    values (
        p_org_id,
        p_user_id,
        coalesce(nullif(profile.full_name, ''), nullif(profile.display_name, ''), 'Learner'),
        profile.email,
        profile.phone
    )
    on conflict (org_id, user_id) do nothing;

    insert into public.organization_members (org_id, user_id, role)
    values (p_org_id, p_user_id, 'learner')
    on conflict do nothing;

    select * into strict learner from public.learners where org_id = p_org_id and user_id = p_user_id;
    return learner;
end;
$$;

-- Locks a person as a learner, in every organization, so that one person's requests come one after the other and the second of a
-- double click waits here. The profile is locked first: the rows of other organizations may appear between two calls in one
-- transaction, and two transactions that lock them in different orders would deadlock.
create function private.lock_learner(p_learner_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person_id constant uuid := (select learner.user_id from public.learners learner where learner.id = p_learner_id);
begin
    perform from public.profiles where id = person_id for no key update;
    perform
    from public.learners learner
    where learner.id = p_learner_id
        or learner.user_id = person_id
    order by learner.id
    for no key update;
end;
$$;

-- sql/12_parties/40_guardians.sql
-- Offers the guardianship of a learner to an address; it begins when the owner of that address consents. For the learner and
-- for admins of the learner's organization. Definer: nobody writes guardianships directly.
create function private.link_guardian(
    p_learner_id uuid,
    p_guardian_email text,
    p_relation text,
    p_can_view boolean,
    p_can_book boolean,
    p_can_pay boolean
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    learner public.learners;
    person uuid := private.require_person();
    new_link_id uuid;
    broken_rule text;
    missing_column text;
begin
    select * into learner
    from public.learners
    where id = p_learner_id
        and (id = any (private.my_learner_ids()) or org_id = any (private.my_admin_org_ids()));
    if not found then
        perform private.refuse_unknown_learner();
    end if;
    if lower(trim(p_guardian_email)) = private.verified_email(learner.user_id) then
        perform private.refuse(
            'PT422', 'own_guardian',
            'A learner cannot be their own guardian.',
            'Give the address of a parent or another adult.'
        );
    end if;

    insert into public.learner_guardians (
        org_id, learner_id, guardian_email, relation, can_view, can_book, can_pay, invited_by
    )
    values (
        learner.org_id, learner.id, lower(trim(p_guardian_email)), p_relation, p_can_view, p_can_book, p_can_pay, person
    )
    on conflict do nothing
    returning id into new_link_id;

    if new_link_id is null then
        perform private.refuse(
            'PT409', 'guardian_is_linked',
            'That address is linked to the learner already.',
            'To change the rights, revoke that link first.'
        );
    end if;
    return new_link_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- The guardian accepts, signed in with the verified address that the link was offered to.
-- Definer: nobody writes guardianships directly.
create function private.give_guardian_consent(p_learner_guardian_id uuid)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    link public.learner_guardians;
    new_guardian_id uuid;
begin
    select * into link
    from public.learner_guardians
    where id = p_learner_guardian_id
        and revoked_at is null
        and lower(guardian_email) = private.verified_email(person)
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'guardianship_not_found',
            'There is no guardianship with that id that was offered to you.',
            'Sign in with the verified address that it was offered to.'
        );
    end if;
    if exists (
        select
        from public.learners learner
        join public.learner_details details on details.org_id = learner.org_id and details.learner_id = learner.id
        where learner.user_id = person
            and private.is_minor(details.date_of_birth)
    ) then
        perform private.refuse(
            'PT422', 'guardian_is_minor',
            'A guardian must be at least 18.',
            'Ask a parent or another adult.'
        );
    end if;

    insert into public.guardians as guardian (user_id, full_name, phone, email)
    select profile.id, coalesce(nullif(profile.full_name, ''), 'Guardian'), profile.phone, profile.email
    from public.profiles profile
    where profile.id = person
    on conflict (user_id) do update set email = excluded.email
    returning guardian.id into new_guardian_id;

    update public.learner_guardians
    set guardian_id = new_guardian_id,
        consented_at = coalesce(consented_at, private.clock())
    where org_id = link.org_id
        and id = link.id;
    return new_guardian_id;
end;
$$;

-- Ends a guardianship or withdraws its offer. For the guardian, the owner of the address that it was offered to, admins of the
-- organization, and the learner; a learner under 18 can withdraw an offer only.
-- Definer: nobody writes guardianships directly.
create function private.revoke_guardian(p_learner_guardian_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();

    update public.learner_guardians link
    set revoked_at = private.clock()
    from public.learner_details details
    where link.id = p_learner_guardian_id
        and link.revoked_at is null
        and details.learner_id = link.learner_id
        and (
            link.org_id = any (private.my_admin_org_ids())
            or link.guardian_id = private.my_guardian_id()
            or (link.consented_at is null and lower(link.guardian_email) = private.my_verified_email())
            or (
                link.learner_id = any (private.my_learner_ids())
                and (link.consented_at is null or not private.is_minor(details.date_of_birth))
            )
        );

    if not found then
        perform private.refuse(
            'PT404', 'guardianship_not_found',
            'There is no guardianship with that id that you can end.',
            'Check the id.'
        );
    end if;
end;
$$;

-- A learner is never their own guardian, whichever of the two rows gets the login last and whoever writes it. The learner's
-- row is locked, so that a login that another transaction is linking is seen.
-- Definer: the writer may not see the other table. The trigger's argument is the column that holds the learner's id.
create function private.forbid_own_guardian()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform from public.learners where id = (to_jsonb(new) ->> tg_argv[0])::uuid for key share;

    if exists (
        select
        from public.learner_guardians link
        join public.guardians guardian on guardian.id = link.guardian_id
        join public.learners learner on learner.org_id = link.org_id and learner.id = link.learner_id
        where link.learner_id = (to_jsonb(new) ->> tg_argv[0])::uuid
            and link.revoked_at is null
            and learner.user_id = guardian.user_id
    ) then
        perform private.refuse(
            'PT422', 'own_guardian',
            'A learner cannot be their own guardian.',
            'The guardian needs a login of their own.'
        );
    end if;
    return null;
end;
$$;

create trigger forbid_own_guardian
    after insert or update on public.learner_guardians
    for each row
    when (new.guardian_id is not null)
    execute function private.forbid_own_guardian('learner_id');

create trigger forbid_own_guardian
    after update of user_id on public.learners
    for each row
    when (new.user_id is not null)
    execute function private.forbid_own_guardian('id');

-- sql/12_parties/50_callers.sql
-- The caller's instructor rows, one an organization. Definer: the policy of the table that it reads calls it.
create function private.my_instructor_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select instructor.id
        from public.instructors instructor
        where instructor.user_id = private.my_user_id()
    );
end;
$$;

-- The caller's learner rows, one an organization. Definer: the policy of the table that it reads calls it.
create function private.my_learner_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select learner.id
        from public.learners learner
        where learner.user_id = private.my_user_id()
    );
end;
$$;

-- The caller's guardian row, or null. Definer: the policy of the table that it reads calls it.
create function private.my_guardian_id()
    returns uuid
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return (select guardian.id from public.guardians guardian where guardian.user_id = private.my_user_id());
end;
$$;

-- The caller's learner rows, and those whose guardian the caller is with the right to view.
-- Definer: policies of the tables that it reads call it.
create function private.my_family_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return private.my_learner_ids() || private.ward_ids(private.my_user_id(), 'view');
end;
$$;

-- The learners for whom a person may act as guardian in the scope 'view', 'book' or 'pay': from consent until the learner turns
-- 18 (by today's UTC date; an unknown date of birth keeps the right). Definer: policies of the tables that it reads call it.
create function private.ward_ids(p_user_id uuid, p_scope text)
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select link.learner_id
        from public.guardians guardian
        join public.learner_guardians link on link.guardian_id = guardian.id
        join public.learner_details details on details.org_id = link.org_id and details.learner_id = link.learner_id
        where guardian.user_id = p_user_id
            and link.revoked_at is null
            and case p_scope when 'view' then link.can_view when 'book' then link.can_book when 'pay' then link.can_pay end
            and (details.date_of_birth is null or private.is_minor(details.date_of_birth))
    );
end;
$$;

-- The organizations of those learners: the family may read the services they booked there.
-- Definer: callers may not read all these tables.
create function private.my_family_org_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select distinct learner.org_id
        from public.learners learner
        where learner.id = any (private.my_family_ids())
    );
end;
$$;

-- The caller's contacts, in one array: the ids of instructors whom the caller, or a learner whose guardian the caller is, has
-- ever booked, and the ids of learners who have ever booked the caller (whose phone and address the caller may then see).
-- Definer: policies of the tables that it reads call it.
create function private.my_contact_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select pair.instructor_id
        from public.instructor_learners pair
        where pair.learner_id = any (private.my_family_ids())
        union all
        select pair.learner_id
        from public.instructor_learners pair
        where pair.instructor_id = any (private.my_instructor_ids())
    );
end;
$$;

-- The guardians of the caller as a learner, and of the learners in organizations that the caller administers.
-- Definer: the policy of the table that it reads calls it.
create function private.my_learners_guardian_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = '', pg_temp
as $$
begin
    return array(
        select link.guardian_id
        from public.learner_guardians link
        where link.guardian_id is not null
            and link.revoked_at is null
            and (
                link.learner_id = any (private.my_learner_ids())
                or link.org_id = any (private.my_admin_org_ids())
            )
    );
end;
$$;

-- sql/12_parties/70_consent.sql
-- True for an adult, and for a minor with a guardian who has consented. A login is one person in all organizations: a minor in
-- one of them is a minor in all, and the consent given in one counts in all.
create function private.has_required_consent(p_learner_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    same_person_ids constant uuid[] := array(
        select same_person.id
        from public.learners learner
        join public.learners same_person on same_person.id = learner.id or same_person.user_id = learner.user_id
        where learner.id = p_learner_id
    );
begin
    return not exists (
        select
        from public.learner_details details
        where details.learner_id = any (same_person_ids)
            and private.is_minor(details.date_of_birth)
    ) or exists (
        select
        from public.learner_guardians link
        where link.learner_id = any (same_person_ids)
            and link.consented_at is not null
            and link.revoked_at is null
    );
end;
$$;

-- True for a person under 18 by today's UTC date. A person without a date of birth counts as an adult.
create function private.is_minor(p_date_of_birth date)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(p_date_of_birth + interval '18 years' > private.clock() at time zone 'UTC', false);
$$;

-- sql/12_parties/80_api.sql
create function public.become_instructor(
    p_display_name text,
    p_hourly_rate_cents bigint,
    p_currency text default null,
    p_bio text default null,
    p_time_zone text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.become_instructor(p_display_name, p_hourly_rate_cents, p_currency, p_bio, p_time_zone);

comment on function public.become_instructor is
    'Makes the caller an instructor of the marketplace and returns the instructor''s id. p_hourly_rate_cents is the price of '
    '60 minutes in the minor unit. Currency and time zone default to the marketplace''s. Errors: sign_in_required, '
    'already_an_instructor, unknown_currency, value_missing, and the rules of public.instructors.';

create function public.admin_verify_instructor(
    p_instructor_id uuid,
    p_verification_status public.verification_status,
    p_reason text
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_verify_instructor(p_instructor_id, p_verification_status, p_reason);

comment on function public.admin_verify_instructor is
    'Verifies or rejects an instructor; platform admins only. Errors: not_an_admin, reason_required, value_missing, instructor_not_found.';

create function public.add_instructor(
    p_org_id uuid,
    p_display_name text,
    p_hourly_rate_cents bigint,
    p_currency text default null,
    p_bio text default null,
    p_time_zone text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.add_instructor(p_org_id, p_display_name, p_hourly_rate_cents, p_currency, p_bio, p_time_zone);

comment on function public.add_instructor is
    'Adds an instructor without a login to a school and returns the id. For the school''s admins; invite_member links a login later. '
    'Errors: sign_in_required, organization_not_found, unknown_currency, value_missing, and the rules of public.instructors.';

create function public.add_learner(
    p_org_id uuid,
    p_full_name text,
    p_email text default null,
    p_phone text default null,
    p_date_of_birth date default null,
    p_notes text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.add_learner(p_org_id, p_full_name, p_email, p_phone, p_date_of_birth, p_notes);

comment on function public.add_learner is
    'Adds a learner without a login to a school and returns the id. For the school''s admins; invite_member links a login later. '
    'Errors: sign_in_required, organization_not_found, birth_is_plausible, value_missing, and the rules of public.learners.';

create function public.set_date_of_birth(p_learner_id uuid, p_date_of_birth date)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_date_of_birth(p_learner_id, p_date_of_birth);

comment on function public.set_date_of_birth is
    'Sets a learner''s date of birth, once; an admin of the organization may correct it. '
    'Errors: sign_in_required, learner_not_found, date_of_birth_is_set, birth_is_plausible, value_missing.';

create function public.link_guardian(
    p_learner_id uuid,
    p_guardian_email text,
    p_relation text default null,
    p_can_view boolean default true,
    p_can_book boolean default false,
    p_can_pay boolean default false
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.link_guardian(p_learner_id, p_guardian_email, p_relation, p_can_view, p_can_book, p_can_pay);

comment on function public.link_guardian is
    'Offers the guardianship of a learner to an address and returns the link''s id. For the learner and the organization''s admins. '
    'Errors: sign_in_required, learner_not_found, own_guardian, guardian_is_linked, value_missing, and the rules of '
    'public.learner_guardians.';

create function public.give_guardian_consent(p_learner_guardian_id uuid)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.give_guardian_consent(p_learner_guardian_id);

comment on function public.give_guardian_consent is
    'Accepts a guardianship that was offered to the caller''s verified address and returns the guardian''s id. '
    'Errors: sign_in_required, guardianship_not_found, own_guardian, guardian_is_minor.';

create function public.revoke_guardian(p_learner_guardian_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.revoke_guardian(p_learner_guardian_id);

comment on function public.revoke_guardian is
    'Ends a guardianship or withdraws its offer. For the guardian, the owner of the address, the organization''s admins and the '
    'learner; a learner under 18 can withdraw an offer only. '
    'Errors: sign_in_required, guardianship_not_found.';

create function public.search_instructors(
    p_query text default null,
    p_expertise_areas text[] default '{}',
    p_org_id uuid default null,
    p_limit integer default 50,
    p_after uuid default null
)
    returns setof public.instructors
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select found.*
    from private.search_instructors(p_query, p_expertise_areas, p_org_id, p_limit, p_after) found;
end;

comment on function public.search_instructors is
    'The public directory: active, available and verified instructors whose name contains p_query and who cover all of '
    'p_expertise_areas, in pages of at most 200; p_after is the last id of the previous page.';

-- sql/12_parties/90_access.sql
grant execute on function private.my_instructor_ids to authenticated;
grant execute on function private.my_learner_ids to authenticated;
grant execute on function private.my_contact_ids to authenticated;
grant execute on function private.my_family_ids to authenticated;
grant execute on function private.my_family_org_ids to authenticated;
grant execute on function private.my_guardian_id to authenticated;
grant execute on function private.my_learners_guardian_ids to authenticated;

create policy select_listed on public.instructors
    for select
    to anon
    using (is_active and verification_status = 'verified');

create policy select_listed_own_or_contact on public.instructors
    for select
    to authenticated
    using (
        (is_active and verification_status = 'verified')
        or id = any ((select private.my_instructor_ids())::uuid[])
        or id = any ((select private.my_contact_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.instructors
    for update
    to authenticated
    using (
        id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.instructors to anon, authenticated, service_role;
grant update (
    display_name, bio, expertise_areas, hourly_rate_cents, is_available, time_zone,
    minimum_notice_minutes, horizon_days, buffer_before_minutes, buffer_after_minutes, daily_cap
) on public.instructors to authenticated;
-- NOTE: instructors may not set is_active, verification_status and the totals.

create policy select_own_or_admin on public.instructor_details
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.instructor_details
    for update
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.instructor_details to authenticated, service_role;
grant update (phone, license_id) on public.instructor_details to authenticated;
-- NOTE: fee, payee and payout settings decide about money, so they change only through functions and Studio.

-- A learner's name, phone and e-mail are visible to the learner, to guardians with the right to view, to every instructor whom
-- the learner has ever booked, and to the admins of the organization.
create policy select_family_contact_or_admin on public.learners
    for select
    to authenticated
    using (
        id = any ((select private.my_family_ids())::uuid[])
        or id = any ((select private.my_contact_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.learners
    for update
    to authenticated
    using (
        id = any ((select private.my_learner_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.learners to authenticated, service_role;
grant update (
    full_name, email, phone, learning_goals, interests, experience_level, preferred_duration_minutes
) on public.learners to authenticated;

create policy select_family_or_admin on public.learner_details
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.learner_details to authenticated, service_role;
grant update (notes) on public.learner_details to authenticated;
-- NOTE: the date of birth decides who needs a guardian, so it changes only through set_date_of_birth.

create policy update_admin on public.learner_details
    for update
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

create policy select_party on public.instructor_learners
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or learner_id = any ((select private.my_family_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.instructor_learners to authenticated, service_role;

create policy select_own_or_of_my_learners on public.guardians
    for select
    to authenticated
    using (
        id = (select private.my_guardian_id())
        or id = any ((select private.my_learners_guardian_ids())::uuid[])
    );

create policy update_own on public.guardians
    for update
    to authenticated
    using (id = (select private.my_guardian_id()));

grant select on public.guardians to authenticated, service_role;
grant update (full_name, phone) on public.guardians to authenticated;
-- NOTE: guardianships were offered to the address, so it changes only when the guardian consents to another one.

create policy select_party on public.learner_guardians
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_learner_ids())::uuid[])
        or guardian_id = (select private.my_guardian_id())
        or lower(guardian_email) = (select private.my_verified_email())
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.learner_guardians to authenticated, service_role;
-- NOTE: no write is granted: a guardianship is offered, accepted and revoked through functions only.

grant execute on function private.become_instructor to authenticated;
grant execute on function public.become_instructor to authenticated;
grant execute on function private.admin_verify_instructor to authenticated;
grant execute on function public.admin_verify_instructor to authenticated;
grant execute on function private.add_instructor to authenticated;
grant execute on function public.add_instructor to authenticated;
grant execute on function private.add_learner to authenticated;
grant execute on function public.add_learner to authenticated;
grant execute on function private.set_date_of_birth to authenticated;
grant execute on function public.set_date_of_birth to authenticated;
grant execute on function private.link_guardian to authenticated;
grant execute on function public.link_guardian to authenticated;
grant execute on function private.give_guardian_consent to authenticated;
grant execute on function public.give_guardian_consent to authenticated;
grant execute on function private.revoke_guardian to authenticated;
grant execute on function public.revoke_guardian to authenticated;
grant execute on function private.search_instructors to anon, authenticated;
grant execute on function public.search_instructors to anon, authenticated;

-- sql/14_schools/10_tables.sql
-- 14_schools: how a school is founded and staffed. Its tables are in 10_people; here are only the invitations.
--
--   20_organizations      found a school, change its settings, set the platform's terms with it, show its page
--   30_invite             offer a role to an address, or withdraw the offer
--   31_accept_invitation  take the offered role, and become the instructor or learner that the school has added
--   40_members            list members, give and remove roles, activate or deactivate an instructor; who may assign which role
--   80_api                what frontends call; no other room calls this one
--
-- Owners assign every role, admins only instructor and learner, and a school with an owner always keeps one.

create table public.invitations (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    email text not null,
    role public.org_role not null,
    instructor_id uuid,
    learner_id uuid,
    token_hash bytea not null unique,
    invited_by uuid references public.profiles (id) on delete set null,
    expires_at timestamptz not null,
    accepted_by uuid references public.profiles (id) on delete set null,
    accepted_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint the_platform_has_no_people check (org_id <> private.platform_id()),
    constraint email_is_short check (length(email) between 3 and 320 and position('@' in email) > 1),
    constraint only_instructors_become_instructors check (instructor_id is null or role = 'instructor'),
    constraint only_learners_become_learners check (learner_id is null or role = 'learner'),
    constraint an_invitation_ends_once check (num_nonnulls(accepted_at, revoked_at) <= 1)
);

create index on public.invitations (org_id, instructor_id);
create index on public.invitations (org_id, learner_id);
create index on public.invitations (invited_by);
create index on public.invitations (accepted_by);
create index on public.invitations (lower(email));

comment on table public.invitations is
    'An offer of a role in an organization to the owner of one verified address. Of its single-use token only the hash is stored.';
comment on column public.invitations.instructor_id is 'The invited person becomes the login of this instructor, who has none yet.';
comment on column public.invitations.learner_id is 'The invited person becomes the login of this learner, who has none yet.';

alter table public.invitations enable row level security;

create trigger touch_updated_at
    before update on public.invitations
    for each row execute function private.touch_updated_at();

-- sql/14_schools/20_organizations.sql
-- Founds a school with the caller as its owner. The platform's fee keeps its default; only admin_set_terms changes it.
-- Definer: nobody inserts organizations or memberships directly.
create function private.create_organization(
    p_name text,
    p_slug text,
    p_time_zone text,
    p_currency text,
    p_tax_id text
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    new_org_id uuid;
    broken_rule text;
    missing_column text;
begin
    insert into public.organizations (name, slug, time_zone, currency, tax_id)
    values (
        trim(p_name),
        coalesce(p_slug, nullif(private.slug_of(p_name), ''), 'school-' || left(gen_random_uuid()::text, 8)),
        p_time_zone,
        private.require_currency(p_currency),
        p_tax_id
    )
    on conflict do nothing
    returning id into new_org_id;

    if new_org_id is null then
        perform private.refuse(
            'PT409', 'slug_taken',
            'There is an organization with that slug already.',
            'Choose another p_slug.'
        );
    end if;

    insert into public.organization_members (org_id, user_id, role) values (new_org_id, person, 'owner');
    return new_org_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- A name turned into a slug: lower case, with hyphens for everything but a-z and 0-9, at most 80 characters.
create function private.slug_of(p_name text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select trim(both '-' from left(regexp_replace(lower(p_name), '[^a-z0-9]+', '-', 'g'), 80));
$$;

-- Changes the settings that a school decides about; null leaves a setting as it is. Existing bookings and payments keep the
-- settings that they were made with. Definer: the settings decide about money, so nobody updates organizations directly.
create function private.update_organization(
    p_org_id uuid,
    p_name text,
    p_tax_id text,
    p_time_zone text,
    p_currency text,
    p_payout_weekday integer,
    p_minimum_payout_cents bigint,
    p_checkout_hold_minutes integer,
    p_max_open_holds integer,
    p_labels jsonb,
    p_credit_validity_months integer
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    broken_rule text;
begin
    perform private.require_org_admin(p_org_id);

    update public.organizations
    set name = coalesce(trim(p_name), name),
        tax_id = coalesce(p_tax_id, tax_id),
        time_zone = coalesce(p_time_zone, time_zone),
        currency = private.require_currency(coalesce(p_currency, currency)),
        payout_weekday = coalesce(p_payout_weekday, payout_weekday),
        minimum_payout_cents = coalesce(p_minimum_payout_cents, minimum_payout_cents),
        checkout_hold_minutes = coalesce(p_checkout_hold_minutes, checkout_hold_minutes),
        max_open_holds = coalesce(p_max_open_holds, max_open_holds),
        labels = coalesce(p_labels, labels),
        credit_validity_months = nullif(coalesce(p_credit_validity_months, credit_validity_months), 0)
    where id = p_org_id;
exception
    when check_violation or numeric_value_out_of_range then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Sets the terms between the platform and an organization: the fee, the payout hold, who bears refunded fees and lost disputes,
-- referrals; null leaves a term as it is. Platform admins only. Definer: nobody updates organizations directly.
create function private.admin_set_terms(
    p_org_id uuid,
    p_reason text,
    p_fee_mode public.fee_mode,
    p_fee_bps integer,
    p_payout_hold interval,
    p_fee_refundable boolean,
    p_dispute_liability public.dispute_liability,
    p_referral_discount_bps integer,
    p_referral_reward_cents bigint
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    broken_rule text;
begin
    perform private.require_platform_admin(p_reason);

    update public.organizations
    set fee_mode = coalesce(p_fee_mode, fee_mode),
        fee_bps = coalesce(p_fee_bps, fee_bps),
        payout_hold = coalesce(p_payout_hold, payout_hold),
        fee_refundable = coalesce(p_fee_refundable, fee_refundable),
        dispute_liability = coalesce(p_dispute_liability, dispute_liability),
        referral_discount_bps = coalesce(p_referral_discount_bps, referral_discount_bps),
        referral_reward_cents = coalesce(p_referral_reward_cents, referral_reward_cents)
    where id = p_org_id
        and not is_platform;

    if not found then
        perform private.refuse(
            'PT404', 'organization_not_found',
            'There is no such organization.',
            'Check the id.'
        );
    end if;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- What everybody may know about an organization, by its slug. Definer: visitors may not read organizations.
create function private.find_organization(p_slug text)
    returns table (id uuid, name text, slug text, time_zone text, currency text, labels jsonb)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select organization.id, organization.name, organization.slug, organization.time_zone, organization.currency, organization.labels
    from public.organizations organization
    where lower(organization.slug) = lower(p_slug)
        and not organization.is_platform;
$$;

-- sql/14_schools/30_invite.sql
-- Offers a role to an address. Returns the token this once, to be sent to that address; only its hash is stored. The invitation
-- may name an instructor or a learner whom the school has added: the invited person then becomes that row's login.
-- Definer: nobody writes invitations directly.
create function private.invite_member(
    p_org_id uuid,
    p_email text,
    p_role public.org_role,
    p_instructor_id uuid,
    p_learner_id uuid
)
    returns table (invitation_id uuid, token text, expires_at timestamptz)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    secret text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
    broken_rule text;
    missing_column text;
begin
    perform private.assert_can_assign_role(p_org_id, p_role);
    perform private.assert_party_has_no_login(p_org_id, p_instructor_id, p_learner_id);

    return query
    insert into public.invitations as invitation (
        org_id, email, role, instructor_id, learner_id, token_hash, invited_by, expires_at
    )
    values (
        p_org_id, lower(trim(p_email)), p_role, p_instructor_id, p_learner_id,
        sha256(convert_to(secret, 'UTF8')), private.my_user_id(), private.clock() + interval '7 days'
    )
    returning invitation.id, secret, invitation.expires_at;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
end;
$$;

-- Refuses an instructor or a learner who is not the school's, or who has a login already.
create function private.assert_party_has_no_login(p_org_id uuid, p_instructor_id uuid, p_learner_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_instructor_id is not null and not exists (
        select
        from public.instructors instructor
        where instructor.id = p_instructor_id
            and instructor.org_id = p_org_id
            and instructor.user_id is null
    ) then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'Your organization has no such instructor without a login.',
            'Check the id, or leave it out to invite somebody new.'
        );
    end if;
    if p_learner_id is not null and not exists (
        select
        from public.learners learner
        where learner.id = p_learner_id
            and learner.org_id = p_org_id
            and learner.user_id is null
    ) then
        perform private.refuse(
            'PT404', 'learner_not_found',
            'Your organization has no such learner without a login.',
            'Check the id, or leave it out to invite somebody new.'
        );
    end if;
end;
$$;

-- Withdraws an invitation that nobody has accepted yet. Definer: nobody writes invitations directly.
create function private.revoke_invitation(p_invitation_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();

    update public.invitations
    set revoked_at = private.clock()
    where id = p_invitation_id
        and org_id = any (private.my_admin_org_ids())
        and num_nonnulls(accepted_at, revoked_at) = 0;

    if not found then
        perform private.refuse(
            'PT404', 'invitation_not_found',
            'There is no such open invitation.',
            'Check the id.'
        );
    end if;
end;
$$;

-- sql/14_schools/31_accept_invitation.sql
-- Gives the caller the offered role: once, before the invitation expires, only with the invited address verified, and only while
-- the inviter may still assign that role.
-- Definer: nobody writes memberships directly.
create function private.accept_invitation(p_token text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    invitation public.invitations;
begin
    select * into invitation
    from public.invitations
    where token_hash = sha256(convert_to(p_token, 'UTF8'))
    for no key update;

    if not found or invitation.revoked_at is not null then
        perform private.refuse(
            'PT404', 'invitation_not_found',
            'There is no such invitation.',
            'Ask for a new one.'
        );
    end if;
    if lower(invitation.email) is distinct from private.verified_email(person) then
        perform private.refuse(
            '42501', 'invitation_for_another',
            'This invitation is for another address.',
            'Sign in with the invited address, and verify it first.'
        );
    end if;
    if invitation.accepted_at is not null then
        perform private.refuse(
            'PT409', 'invitation_used',
            'This invitation has already been used.',
            'If you accepted it, you are a member; else ask for a new one.'
        );
    end if;
    if invitation.expires_at <= private.clock()
        or not private.can_assign_role(invitation.invited_by, invitation.org_id, invitation.role)
    then
        perform private.refuse(
            'PT422', 'invitation_expired',
            'This invitation has expired.',
            'Ask for a new one.'
        );
    end if;

    update public.invitations
    set accepted_at = private.clock(),
        accepted_by = person
    where org_id = invitation.org_id
        and id = invitation.id;

    insert into public.organization_members (org_id, user_id, role)
    values (invitation.org_id, person, invitation.role)
    on conflict do nothing;

    perform private.link_login(invitation, person);
    return invitation.org_id;
end;
$$;

-- Makes the person the instructor or learner that the invitation names, or creates one. A person has at most one instructor row
-- and one learner row in an organization, and gets the same one when they come back. A new instructor is unavailable until they
-- set a rate. Called by accept_invitation.
create function private.link_login(p_invitation public.invitations, p_user_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person_name text := (
        select coalesce(nullif(profile.full_name, ''), nullif(profile.display_name, ''), 'New member')
        from public.profiles profile
        where profile.id = p_user_id
    );
begin
    if p_invitation.role = 'instructor' and p_invitation.instructor_id is null then
        insert into public.instructors (
            org_id, user_id, display_name, hourly_rate_cents, currency, time_zone, is_available
        )
        select organization.id, p_user_id, person_name, 0, organization.currency, organization.time_zone, false
        from public.organizations organization
        where organization.id = p_invitation.org_id
        on conflict (org_id, user_id) do update set is_active = true;
    elsif p_invitation.role = 'instructor' then
        update public.instructors
        set user_id = p_user_id
        where org_id = p_invitation.org_id
            and id = p_invitation.instructor_id
            and user_id is null;
        perform private.assert_login_is_linked(found);
    elsif p_invitation.role = 'learner' and p_invitation.learner_id is null then
        insert into public.learners (org_id, user_id, full_name, email)
        values (p_invitation.org_id, p_user_id, person_name, p_invitation.email)
        on conflict (org_id, user_id) do nothing;
    elsif p_invitation.role = 'learner' then
        update public.learners
        set user_id = p_user_id
        where org_id = p_invitation.org_id
            and id = p_invitation.learner_id
            and user_id is null;
        perform private.assert_login_is_linked(found);
    end if;
exception
    when unique_violation then
        perform private.assert_login_is_linked(false);
    when exclusion_violation then
        perform private.refuse(
            'PT409', 'calendars_overlap',
            'Your lessons elsewhere overlap those of this organization.',
            'Cancel or move one of them, then accept again.'
        );
end;
$$;

-- Refuses unless the row was still free to take the login. Called by link_login.
create function private.assert_login_is_linked(p_is_linked boolean)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not p_is_linked then
        perform private.refuse(
            'PT409', 'login_is_linked',
            'You have another profile in this school, or this profile has another login already.',
            'Ask the school for an invitation that names nobody.'
        );
    end if;
end;
$$;

-- sql/14_schools/40_members.sql
-- The members of an organization with names and roles; for its admins. Definer: people may not read each other's profiles.
create function private.list_members(p_org_id uuid, p_role public.org_role, p_limit integer, p_after uuid)
    returns table (user_id uuid, full_name text, email text, roles public.org_role[])
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_org_admin(p_org_id);

    return query
    select profile.id, profile.full_name, profile.email, array_agg(member.role order by member.role)
    from public.organization_members member
    join public.profiles profile on profile.id = member.user_id
    where member.org_id = p_org_id
        and (p_after is null or profile.id > p_after)
    group by profile.id
    having p_role is null or p_role = any (array_agg(member.role))
    order by profile.id
    limit private.page_size(p_limit);
end;
$$;

-- Makes a member an owner or admin as well. Other roles, and people who are not members yet, need an invitation.
-- Definer: nobody writes memberships directly.
create function private.add_member_role(p_org_id uuid, p_user_id uuid, p_role public.org_role)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_can_assign_role(p_org_id, p_role);

    if p_role in ('instructor', 'learner') or not exists (
        select from public.organization_members where org_id = p_org_id and user_id = p_user_id
    ) then
        perform private.refuse(
            'PT422', 'invitation_needed',
            'That role begins with an invitation.',
            'Call invite_member with the person''s address.'
        );
    end if;

    insert into public.organization_members (org_id, user_id, role)
    values (p_org_id, p_user_id, p_role)
    on conflict do nothing;
end;
$$;

-- Removes a role: everybody can remove their own, and an admin another member's, if they may assign that role. An instructor who
-- leaves is deactivated. Definer: nobody writes memberships directly.
create function private.remove_member_role(p_org_id uuid, p_user_id uuid, p_role public.org_role)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if p_user_id is distinct from private.require_person() then
        perform private.assert_can_assign_role(p_org_id, p_role);
    end if;

    delete from public.organization_members
    where org_id = p_org_id
        and user_id = p_user_id
        and role = p_role;
    if not found then
        perform private.refuse(
            'PT404', 'member_not_found',
            'There is no such member with that role.',
            'Reload the list of members.'
        );
    end if;

    if p_role = 'instructor' then
        update public.instructors
        set is_active = false
        where org_id = p_org_id
            and user_id = p_user_id;
    end if;
end;
$$;

-- An organization that has an owner always keeps one. The organization's row is locked, so that two owners cannot leave at the
-- same time. Definer: the one who leaves may not see the other owners.
create function private.keep_an_owner()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform from public.organizations where id = old.org_id for no key update;

    if not exists (
        select from public.organization_members member where member.org_id = old.org_id and member.role = 'owner'
    ) then
        perform private.refuse(
            'PT409', 'last_owner',
            'An organization needs an owner.',
            'Make somebody else an owner first.'
        );
    end if;
    return null;
end;
$$;

create trigger keep_an_owner
    after update of role, org_id or delete on public.organization_members
    for each row
    when (old.role = 'owner')
    execute function private.keep_an_owner();

-- Activates or deactivates an instructor; existing bookings stay. For the school's admins.
-- Definer: nobody may update is_active directly.
create function private.set_instructor_active(p_instructor_id uuid, p_is_active boolean)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    if p_is_active is null then
        perform private.refuse_violation('', 'is_active');
    end if;

    update public.instructors
    set is_active = p_is_active
    where id = p_instructor_id
        and org_id = any (private.my_admin_org_ids());

    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'Your organization has no such instructor.',
            'Check the id.'
        );
    end if;
end;
$$;

-- Refuses a caller who does not administer the organization, or may not assign this role there.
create function private.assert_can_assign_role(p_org_id uuid, p_role public.org_role)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_org_admin(p_org_id);
begin
    if p_role is null then
        perform private.refuse_violation('', 'role');
    end if;
    if not private.can_assign_role(person, p_org_id, p_role) then
        perform private.refuse(
            '42501', 'role_above_yours',
            'Only an owner can do this.',
            'Ask an owner of the organization.'
        );
    end if;
end;
$$;

-- True if the person may give and remove this role: owners every role, admins instructor and learner, platform admins every role
-- in every organization.
create function private.can_assign_role(p_user_id uuid, p_org_id uuid, p_role public.org_role)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select from private.platform_admins admin where admin.user_id = p_user_id
    ) or exists (
        select
        from public.organization_members member
        where member.org_id = p_org_id
            and member.user_id = p_user_id
            and (
                member.role = 'owner'
                or (member.role = 'admin' and p_role in ('instructor', 'learner'))
            )
    );
end;
$$;

-- sql/14_schools/80_api.sql
create function public.create_organization(
    p_name text,
    p_time_zone text,
    p_currency text,
    p_slug text default null,
    p_tax_id text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.create_organization(p_name, p_slug, p_time_zone, p_currency, p_tax_id);

comment on function public.create_organization is
    'Founds a school, makes the caller its owner, and returns its id. p_time_zone is an IANA name, p_currency an ISO code, p_slug '
    'defaults to the name. Errors: sign_in_required, unknown_currency, slug_taken, value_missing, and the rules of public.organizations.';

create function public.update_organization(
    p_org_id uuid,
    p_name text default null,
    p_tax_id text default null,
    p_time_zone text default null,
    p_currency text default null,
    p_payout_weekday integer default null,
    p_minimum_payout_cents bigint default null,
    p_checkout_hold_minutes integer default null,
    p_max_open_holds integer default null,
    p_labels jsonb default null,
    p_credit_validity_months integer default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.update_organization(
    p_org_id, p_name, p_tax_id, p_time_zone, p_currency, p_payout_weekday, p_minimum_payout_cents,
    p_checkout_hold_minutes, p_max_open_holds, p_labels, p_credit_validity_months
);

comment on function public.update_organization is
    'Changes a school''s own settings; null leaves one as it is. For the school''s admins. Existing bookings and payments keep the '
    'settings that they were made with. p_payout_weekday: 0 is Sunday; p_credit_validity_months: 0 means no expiry. Errors: sign_in_required, '
    'organization_not_found, unknown_currency, value_out_of_range, and the rules of public.organizations.';

create function public.admin_set_terms(
    p_org_id uuid,
    p_reason text,
    p_fee_mode public.fee_mode default null,
    p_fee_bps integer default null,
    p_payout_hold interval default null,
    p_fee_refundable boolean default null,
    p_dispute_liability public.dispute_liability default null,
    p_referral_discount_bps integer default null,
    p_referral_reward_cents bigint default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_set_terms(
    p_org_id, p_reason, p_fee_mode, p_fee_bps, p_payout_hold, p_fee_refundable, p_dispute_liability,
    p_referral_discount_bps, p_referral_reward_cents
);

comment on function public.admin_set_terms is
    'Sets the platform''s terms with an organization: fee, payout hold, who bears refunded fees and lost disputes, referrals; null '
    'leaves a term as it is. Platform admins only. '
    'Errors: not_an_admin, reason_required, organization_not_found, and the rules of public.organizations.';

create function public.list_members(
    p_org_id uuid,
    p_role public.org_role default null,
    p_limit integer default 50,
    p_after uuid default null
)
    returns table (user_id uuid, full_name text, email text, roles public.org_role[])
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select member.user_id, member.full_name, member.email, member.roles
    from private.list_members(p_org_id, p_role, p_limit, p_after) member;
end;

comment on function public.list_members is
    'The members of a school, one row a person, with one role or any. For the school''s admins. In pages of at most 200; p_after is '
    'the last user_id of the previous page. Errors: sign_in_required, organization_not_found.';

create function public.set_instructor_active(p_instructor_id uuid, p_is_active boolean)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_instructor_active(p_instructor_id, p_is_active);

comment on function public.set_instructor_active is
    'Activates or deactivates an instructor; existing bookings stay. For the school''s admins. '
    'Errors: sign_in_required, value_missing, instructor_not_found.';

create function public.invite_member(
    p_org_id uuid,
    p_email text,
    p_role public.org_role,
    p_instructor_id uuid default null,
    p_learner_id uuid default null
)
    returns table (invitation_id uuid, token text, expires_at timestamptz)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select invited.invitation_id, invited.token, invited.expires_at
    from private.invite_member(p_org_id, p_email, p_role, p_instructor_id, p_learner_id) invited;
end;

comment on function public.invite_member is
    'Offers a role to an address and returns the token, this once, to be sent there. Valid for seven days, and while the inviter may '
    'assign the role. For the school''s admins. p_instructor_id or p_learner_id: the added instructor or learner, still without a '
    'login, whom the invited person will be. '
    'Errors: sign_in_required, organization_not_found, value_missing, role_above_yours, instructor_not_found, learner_not_found, and the '
    'rules of public.invitations.';

create function public.accept_invitation(p_token text)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.accept_invitation(p_token);

comment on function public.accept_invitation is
    'Accepts an invitation to the caller''s verified address and returns the organization''s id. Errors: sign_in_required, '
    'invitation_not_found, invitation_for_another, invitation_used, invitation_expired, login_is_linked, own_guardian, calendars_overlap.';

create function public.revoke_invitation(p_invitation_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.revoke_invitation(p_invitation_id);

comment on function public.revoke_invitation is
    'Withdraws an open invitation. For the school''s admins. Errors: sign_in_required, invitation_not_found.';

create function public.add_member_role(p_org_id uuid, p_user_id uuid, p_role public.org_role)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.add_member_role(p_org_id, p_user_id, p_role);

comment on function public.add_member_role is
    'Makes a member an owner or admin as well. For owners. Errors: sign_in_required, organization_not_found, value_missing, '
    'role_above_yours, invitation_needed.';

create function public.remove_member_role(p_org_id uuid, p_user_id uuid, p_role public.org_role)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.remove_member_role(p_org_id, p_user_id, p_role);

comment on function public.remove_member_role is
    'Removes a role: one''s own, or another member''s if the caller may assign that role. Errors: sign_in_required, organization_not_found, '
    'value_missing, role_above_yours, member_not_found, last_owner.';

create function public.find_organization(p_slug text)
    returns table (id uuid, name text, slug text, time_zone text, currency text, labels jsonb)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select found.id, found.name, found.slug, found.time_zone, found.currency, found.labels
    from private.find_organization(p_slug) found;
end;

comment on function public.find_organization is
    'What a school''s page shows about the organization, by its slug; also for visitors. No row if there is no such slug.';

-- sql/14_schools/90_access.sql
create policy select_admin_or_invited on public.invitations
    for select
    to authenticated
    using (
        org_id = any ((select private.my_admin_org_ids())::uuid[])
        or lower(email) = (select private.my_verified_email())
    );

grant select (
    id, org_id, email, role, instructor_id, learner_id, invited_by, expires_at, accepted_by, accepted_at, revoked_at,
    created_at, updated_at
) on public.invitations to authenticated, service_role;
-- NOTE: nobody may read the token's hash.

grant execute on function private.create_organization to authenticated;
grant execute on function public.create_organization to authenticated;
grant execute on function private.update_organization to authenticated;
grant execute on function public.update_organization to authenticated;
grant execute on function private.admin_set_terms to authenticated;
grant execute on function public.admin_set_terms to authenticated;
grant execute on function private.list_members to authenticated;
grant execute on function public.list_members to authenticated;
grant execute on function private.set_instructor_active to authenticated;
grant execute on function public.set_instructor_active to authenticated;
grant execute on function private.invite_member to authenticated;
grant execute on function public.invite_member to authenticated;
grant execute on function private.accept_invitation to authenticated;
grant execute on function public.accept_invitation to authenticated;
grant execute on function private.revoke_invitation to authenticated;
grant execute on function public.revoke_invitation to authenticated;
grant execute on function private.add_member_role to authenticated;
grant execute on function public.add_member_role to authenticated;
grant execute on function private.remove_member_role to authenticated;
grant execute on function public.remove_member_role to authenticated;
grant execute on function private.find_organization to anon, authenticated;
grant execute on function public.find_organization to anon, authenticated;

-- sql/15_audit/10_tables.sql
-- 15_audit: who changed what, when and why. Nobody writes the log directly, and nobody changes it.
--
--   20_record          the trigger of audited tables (record_change), who is acting, what of personal data is left out;
--                      record_decision for tables that are too busy to be audited as a whole
--   30_audited_tables  audit_table(…) attaches the triggers; the audited tables of rooms 10 to 14. Later rooms audit theirs
--                      at the end of their 10_tables.sql
--   40_partitions      one partition a month, created ahead by 95_operations (maintain)
--
-- Admins read their organization's rows; rows of no organization are read in Studio.

create table public.audit_logs (
    id bigint generated always as identity,
    created_at timestamptz not null default private.clock(),
    org_id uuid,
    entity_type text not null,
    entity_id text not null,
    action text not null,
    old_values jsonb,
    new_values jsonb,
    user_id uuid,
    actor_kind private.actor_kind not null,
    reason text,
    description text,
    ip inet,
    request_id text,
    primary key (id, created_at),
    constraint action_is_known check (action in ('insert', 'update', 'delete')),
    constraint values_fit_the_action check (
        (action = 'insert') = (old_values is null)
        and (action = 'delete') = (new_values is null)
    )
) partition by range (created_at);

create index on public.audit_logs (org_id, entity_type, entity_id);
create index on public.audit_logs (entity_type, entity_id, created_at);
create index on public.audit_logs (user_id);

-- Takes rows of months without a partition, so that a maintenance job that did not run stops no booking.
create table private.audit_logs_default partition of public.audit_logs default;

comment on table public.audit_logs is
    'Who changed what, when and why: one row for each changed row. Append-only, one partition a month.';
comment on column public.audit_logs.entity_type is 'The table''s name, such as bookings.';
comment on column public.audit_logs.old_values is 'The columns that changed, with their old values; for a delete the whole row.';
comment on column public.audit_logs.new_values is
    'The columns that changed, with their new values; for an insert the columns that have a value. Personal data is shown as '
    '"(personal)".';
comment on column public.audit_logs.user_id is
    'The signed-in person, or the person for whom a service acted. No foreign key: the log outlives logins.';
comment on column public.audit_logs.reason is 'The reason that a platform admin gave.';

alter table public.audit_logs enable row level security;
alter table private.audit_logs_default enable row level security;

create trigger forbid_change
    before update or delete on public.audit_logs
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.audit_logs
    for each statement execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.audit_logs_default
    for each statement execute function private.forbid_change();

-- sql/15_audit/20_record.sql
-- Trigger of every audited table: writes the audit rows of one statement in one insert. An update records only the columns that
-- changed, and no row if nothing changed; a changed key is recorded as a delete and an insert.
-- Arguments: the key column, then the columns that hold personal data.
-- Definer: writers of the audited tables may not write the log.
create function private.record_change()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    key_column text := tg_argv[0];
    personal_columns text[] := tg_argv[1:];
begin
    if tg_op = 'INSERT' then
        insert into public.audit_logs (
            org_id, entity_type, entity_id, action, new_values, user_id, actor_kind, reason, ip, request_id
        )
        select
            private.org_id_of_row(tg_table_name, change.image),
            tg_table_name,
            change.image operator(extensions.->) key_column,
            'insert',
            jsonb_strip_nulls(extensions.hstore_to_jsonb_loose(private.redact(change.image, personal_columns))),
            actor.user_id, actor.kind, actor.reason, actor.ip, actor.request_id
        from (select extensions.hstore(new_row) as image from new_rows new_row) change
        cross join private.actor() actor;
    elsif tg_op = 'DELETE' then
        insert into public.audit_logs (
            org_id, entity_type, entity_id, action, old_values, user_id, actor_kind, reason, ip, request_id
        )
        select
            private.org_id_of_row(tg_table_name, change.image),
            tg_table_name,
            change.image operator(extensions.->) key_column,
            'delete',
            extensions.hstore_to_jsonb_loose(private.redact(change.image, personal_columns)),
            actor.user_id, actor.kind, actor.reason, actor.ip, actor.request_id
        from (select extensions.hstore(old_row) as image from old_rows old_row) change
        cross join private.actor() actor;
    else
        insert into public.audit_logs (
            org_id, entity_type, entity_id, action, old_values, new_values, user_id, actor_kind, reason, ip, request_id
        )
        select
            private.org_id_of_row(tg_table_name, change.image),
            tg_table_name,
            change.image operator(extensions.->) key_column,
            case when change.became is null then 'delete' when change.was is null then 'insert' else 'update' end,
            extensions.hstore_to_jsonb_loose(private.redact(change.was, personal_columns)),
            extensions.hstore_to_jsonb_loose(private.redact(change.became, personal_columns)),
            actor.user_id, actor.kind, actor.reason, actor.ip, actor.request_id
        from (
            select
                coalesce(new_image.image, old_image.image) as image,
                old_image.image operator(extensions.-) coalesce(new_image.image, '') operator(extensions.-) 'updated_at'::text as was,
                new_image.image operator(extensions.-) coalesce(old_image.image, '') operator(extensions.-) 'updated_at'::text as became
            from (select extensions.hstore(old_row) as image from old_rows old_row) old_image
            full join (select extensions.hstore(new_row) as image from new_rows new_row) new_image
                on new_image.image operator(extensions.->) key_column = old_image.image operator(extensions.->) key_column
        ) change
        cross join private.actor() actor
        where coalesce(change.was operator(extensions.<>) change.became, true);
    end if;
    return null;
end;
$$;

-- The organization that a row (as hstore) belongs to; null for rows of no organization.
create function private.org_id_of_row(p_table_name text, p_image extensions.hstore)
    returns uuid
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_table_name = 'organizations' then p_image operator(extensions.->) 'id'
        else p_image operator(extensions.->) 'org_id'
    end::uuid;
$$;

-- A row (as hstore) with '(personal)' in place of personal data.
create function private.redact(p_image extensions.hstore, p_personal_columns text[])
    returns extensions.hstore
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_image operator(extensions.||) coalesce(
        (
            select extensions.hstore(array_agg(personal.column_name), array_agg('(personal)'::text))
            from unnest(p_personal_columns) personal (column_name)
            where p_image operator(extensions.->) personal.column_name is not null
        ),
        ''::extensions.hstore
    );
$$;

-- Who is acting, from where and why. Taken from the Data API's verified claims and headers, and from what our functions note for
-- the transaction: lplate.acting_user (for whom a service acts), lplate.reason (an admin's reason). Malformed headers are
-- ignored, so that they never stop a change.
create function private.actor(
    out user_id uuid,
    out kind private.actor_kind,
    out reason text,
    out ip inet,
    out request_id text
)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    given_headers text := current_setting('request.headers', true);
    headers jsonb := case when pg_input_is_valid(given_headers, 'jsonb') then given_headers::jsonb end;
    address text := trim(split_part(headers ->> 'x-forwarded-for', ',', 1));
begin
    user_id := coalesce(private.my_user_id(), nullif(current_setting('lplate.acting_user', true), '')::uuid);
    kind := private.actor_kind();
    reason := nullif(current_setting('lplate.reason', true), '');
    ip := case when pg_input_is_valid(address, 'inet') then address::inet end;
    request_id := left(headers ->> 'x-request-id', 200);
end;
$$;

-- Records an admin's decision about a row of a table that is not audited because it changes too often. The caller has called
-- require_platform_admin, which notes the reason.
create function private.record_decision(p_entity_type text, p_entity_id text, p_old_values jsonb, p_new_values jsonb)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    insert into public.audit_logs (
        entity_type, entity_id, action, old_values, new_values, user_id, actor_kind, reason, ip, request_id
    )
    select
        p_entity_type, p_entity_id, 'update', p_old_values, p_new_values,
        actor.user_id, actor.kind, actor.reason, actor.ip, actor.request_id
    from private.actor() actor;
$$;

-- sql/15_audit/30_audited_tables.sql
-- Attaches the audit triggers to a table: one each for insert, update and delete, because a trigger with transition tables may
-- have one event only. Called while the schema is built; dynamic, so that every audited table gets the same three.
create function private.audit_table(p_table regclass, p_key_column text, p_personal_columns text[] default '{}')
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    arguments text := (
        select string_agg(quote_literal(argument), ', ' order by position)
        from unnest(p_key_column || p_personal_columns) with ordinality given (argument, position)
    );
begin
    execute format(
        'create trigger record_insert after insert on %s referencing new table as new_rows '
        'for each statement execute function private.record_change(%s)',
        p_table, arguments
    );
    execute format(
        'create trigger record_update after update on %s referencing old table as old_rows new table as new_rows '
        'for each statement execute function private.record_change(%s)',
        p_table, arguments
    );
    execute format(
        'create trigger record_delete after delete on %s referencing old table as old_rows '
        'for each statement execute function private.record_change(%s)',
        p_table, arguments
    );
end;
$$;

select private.audit_table('public.organizations', 'id');

select private.audit_table(
    'public.profiles', 'id',
    '{email,full_name,display_name,first_name,last_name,phone,avatar_url,external_id}'
);

select private.audit_table('public.organization_members', 'id');

select private.audit_table('private.platform_admins', 'user_id');

select private.audit_table('public.instructors', 'id', '{display_name,bio}');

select private.audit_table('public.instructor_details', 'instructor_id', '{phone,license_id}');

select private.audit_table('public.learners', 'id', '{full_name,email,phone,learning_goals,interests}');

select private.audit_table('public.learner_details', 'learner_id', '{date_of_birth,notes}');

select private.audit_table('public.guardians', 'id', '{full_name,phone,email}');

select private.audit_table('public.learner_guardians', 'id', '{guardian_email,relation}');

select private.audit_table('public.invitations', 'id', '{email,token_hash}');

-- sql/15_audit/40_partitions.sql
-- Creates the partitions of this month and the next three of a table that is partitioned by month and has the default partition
-- private.<table>_default; called by maintain. If the default already holds rows of a month, that month stays there, and a
-- warning says so. Truncate triggers are not inherited from the parent, so a partition of an append-only table gets its own.
create function private.create_month_partitions(p_table regclass)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    table_name text := (select class.relname from pg_catalog.pg_class class where class.oid = p_table);
    month timestamptz;
    partition_name text;
    created integer := 0;
begin
    for month in
        select generate_series(
            date_trunc('month', private.clock(), 'UTC'),
            date_trunc('month', private.clock(), 'UTC') + interval '3 months',
            interval '1 month'
        )
    loop
        partition_name := table_name || to_char(month at time zone 'UTC', '"_"YYYY"_"MM');
        continue when to_regclass('private.' || partition_name) is not null;
        begin
            execute format(
                'create table private.%I partition of %s for values from (%L) to (%L)',
                partition_name, p_table, month, month + interval '1 month'
            );
            execute format('alter table private.%I enable row level security', partition_name);
            if exists (select from pg_catalog.pg_trigger where tgrelid = p_table and tgname = 'forbid_truncate') then
                execute format(
                    'create trigger forbid_truncate before truncate on private.%I '
                    'for each statement execute function private.forbid_change()',
                    partition_name
                );
            end if;
            created := created + 1;
        exception
            when duplicate_table then
                continue; -- another run has just created it
            when check_violation then
                raise warning 'partition % was not created: the default partition holds rows of that month', partition_name;
        end;
    end loop;
    return created;
end;
$$;

-- sql/15_audit/90_access.sql
create policy select_admin on public.audit_logs
    for select
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

grant select on public.audit_logs to authenticated, service_role;
-- NOTE: rows of no organization (profiles, platform admins) and of the platform's own are readable in Studio only.

-- sql/20_ledger/10_tables.sql
-- 20_ledger: the double-entry journal of all money. Private: no API role reads or writes it.
--
--   10_tables  accounts, transactions (one business event each), entries (signed, summing to zero)
--   20_post    post_transaction posts one event once, post_batch many; balances follow; an unbalanced transaction is refused
--
-- Every room that moves money posts here (discounts 35, credits 45, payments 60, disputes 62, suspense 63, rewards 66, earnings 70,
-- payouts 72), with an idempotency key made from the id of the row that caused it. 95_operations checks the whole.
-- Every posting stays in one organization; money that belongs to no school is posted under the one that is_platform.
-- Assets and expenses are positive (debits), liabilities and income negative (credits).

create type private.ledger_account_kind as enum (
    'stripe_balance',
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
    'suspense',
    'platform_bank',
    'write_offs'
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
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, id, currency),
    unique (org_id, idempotency_key)
);

create index on private.ledger_transactions (org_id, source_type, source_id);

comment on table private.ledger_transactions is 'One business event, posted once. Append-only; a correction is another transaction that reverses it.';
comment on column private.ledger_transactions.idempotency_key is 'Made from the id of the row that caused it, such as payment:<id>:succeeded.';
comment on column private.ledger_transactions.effective_at is 'When the event happened, at Stripe or here; created_at is when it was posted.';

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

-- sql/20_ledger/20_post.sql
-- Posts any number of business events of one kind, and returns how many of them are new. An event whose key was posted before is
-- skipped, and so are lines of zero.
-- Three points about the query: rows are inserted in the order of their keys, so that overlapping batches wait for each other
-- instead of deadlocking. The nil uuid is spelled out as in the index one_account_a_kind_owner_and_currency, because a generic
-- plan cannot match a variable with the index. Lines are joined to their transaction before their account: the planner
-- assumes that kind and owner are independent, expects one match, and would otherwise compare each line with all accounts.
create function private.post_batch(
    p_kind text,
    p_source_type text,
    p_effective_at timestamptz,
    p_postings private.keyed_posting[]
)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    posted integer;
begin
    insert into private.ledger_accounts (org_id, kind, owner_id, currency, balance_cents)
    select distinct
        posting.org_id,
        posting.account_kind,
        posting.owner_id,
        posting.currency,
        case when posting.owner_id is not null then 0 end
    from unnest(p_postings) posting
    where posting.amount_cents <> 0
        and not exists (
            select
            from private.ledger_accounts account
            where account.org_id = posting.org_id
                and account.kind = posting.account_kind
                and coalesce(account.owner_id, '00000000-0000-0000-0000-000000000000') = coalesce(posting.owner_id, '00000000-0000-0000-0000-000000000000')
                and account.currency = posting.currency
        )
    order by posting.org_id, posting.account_kind, posting.owner_id, posting.currency
    on conflict do nothing;

    with new_transaction as (
        insert into private.ledger_transactions (
            org_id, kind, source_type, source_id, idempotency_key, currency, effective_at
        )
        select distinct
            posting.org_id, p_kind, p_source_type, posting.source_id, posting.idempotency_key, posting.currency, p_effective_at
        from unnest(p_postings) posting
        where posting.amount_cents <> 0
        order by posting.org_id, posting.idempotency_key
        on conflict (org_id, idempotency_key) do nothing
        returning org_id, id, idempotency_key
    ),

    new_line as materialized (
        select
            new_transaction.org_id, new_transaction.id as transaction_id, posting.account_kind, posting.owner_id,
            posting.currency, posting.amount_cents
        from unnest(p_postings) posting
        join new_transaction
            on new_transaction.org_id = posting.org_id
            and new_transaction.idempotency_key = posting.idempotency_key
        where posting.amount_cents <> 0
    ),

    new_entry as (
        insert into private.ledger_entries (org_id, transaction_id, account_id, currency, amount_cents)
        select new_line.org_id, new_line.transaction_id, account.id, new_line.currency, new_line.amount_cents
        from new_line
        join private.ledger_accounts account
            on account.org_id = new_line.org_id
            and account.kind = new_line.account_kind
            and coalesce(account.owner_id, '00000000-0000-0000-0000-000000000000') = coalesce(new_line.owner_id, '00000000-0000-0000-0000-000000000000')
            and account.currency = new_line.currency
    )

    select count(*) into posted from new_transaction;
    return posted;
end;
$$;

-- Posts one business event once: a second call with the same key posts nothing and returns false. The entry function for every
-- room; it stands below post_batch only because a SQL function needs what it calls to exist.
create function private.post_transaction(
    p_org_id uuid,
    p_kind text,
    p_source_type text,
    p_source_id uuid,
    p_idempotency_key text,
    p_currency text,
    p_effective_at timestamptz,
    p_postings private.posting[]
)
    returns boolean
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.post_batch(
        p_kind,
        p_source_type,
        p_effective_at,
        array(
            select row(
                p_org_id, p_source_id, p_idempotency_key, p_currency, posting.account_kind, posting.owner_id,
                posting.amount_cents
            )::private.keyed_posting
            from unnest(p_postings) posting
        )
    ) = 1;
$$;

comment on function private.post_transaction is
    'True if this call posted; false if the key was posted before or every line is zero.';

-- Runs once for each statement that inserts entries: refuses transactions that do not sum to zero, and updates the running
-- balances of owned accounts, which it locks in the order of their ids. The ids are passed as an array, so that the accounts
-- are found by their key even under a cached plan that was made for a large batch.
-- Definer: whoever posts needs no other access to the ledger.
create function private.apply_ledger_entries()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if exists (
        select from new_rows entry group by entry.transaction_id having sum(entry.amount_cents) <> 0
    ) then
        raise exception using
            errcode = 'check_violation',
            constraint = 'ledger_transaction_sums_to_zero',
            message = 'The entries of a ledger transaction must sum to zero.';
    end if;

    perform
    from private.ledger_accounts account
    where account.owner_id is not null
        and account.id = any (array(select entry.account_id from new_rows entry))
    order by account.id
    for no key update;

    update private.ledger_accounts account
    set balance_cents = account.balance_cents + change.amount_cents
    from (
        select entry.account_id, sum(entry.amount_cents) as amount_cents
        from new_rows entry
        group by entry.account_id
    ) change
    where account.id = change.account_id
        and account.id = any (array(select entry.account_id from new_rows entry))
        and account.owner_id is not null;
    return null;
end;
$$;

create trigger apply_ledger_entries
    after insert on private.ledger_entries
    referencing new table as new_rows
    for each statement execute function private.apply_ledger_entries();

-- sql/25_outbox/10_tables.sql
-- 25_outbox: commands that SQL has decided and that Python carries to Stripe, written in the deciding transaction.
--
--   20_enqueue    enqueue_command: add a command once, and notify the listening workers; called by payments, connect and payouts
--   30_carry_out  claim_commands, then finish_command or fail_command: called by the program jobs (jobs/outbox.py)
--   40_replay     admin_replay_command: try a dead command again
--
-- A command is waiting, leased to a worker, processed, or dead (given up). It may be carried out more than once, so every
-- command carries an idempotency key for Stripe. Notifications only save time: workers also look every few seconds.

create table private.outbox (
    id bigint generated always as identity unique,
    org_id uuid not null references public.organizations (id) on delete restrict,
    topic text not null,
    payload jsonb not null,
    idempotency_key text not null,
    subject text,
    attempts integer not null default 0,
    available_at timestamptz not null default private.clock(),
    leased_by uuid,
    leased_until timestamptz,
    last_error text,
    processed_at timestamptz,
    dead_at timestamptz,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, idempotency_key),
    constraint attempts_are_not_negative check (attempts >= 0),
    constraint lease_has_an_owner check ((leased_by is null) = (leased_until is null)),
    constraint finished_once check (num_nonnulls(processed_at, dead_at) <= 1),
    constraint finished_work_is_not_leased check (leased_by is null or num_nonnulls(processed_at, dead_at) = 0)
);

create index on private.outbox (topic, processed_at);
create index on private.outbox (available_at, id) where processed_at is null and dead_at is null;
create index on private.outbox (subject, id) where processed_at is null and dead_at is null;
create index on private.outbox (dead_at) where dead_at is not null;

comment on table private.outbox is
    'Commands that SQL has decided and Python carries to Stripe, written in the transaction that decided them.';
comment on column private.outbox.idempotency_key is 'Made from the row that caused it, so that a repeated decision adds no second command.';
comment on column private.outbox.subject is
    'What the command is about, such as payment:<id>. Commands of one subject are carried out one at a time in the order of their '
    'ids; commands without a subject in any order.';
comment on column private.outbox.leased_until is 'Until this moment the command belongs to the worker leased_by; afterwards any worker may claim it.';
comment on column private.outbox.dead_at is 'When the command was given up, after a final refusal or max_attempts; an admin may replay it.';

alter table private.outbox enable row level security;

-- sql/25_outbox/20_enqueue.sql
-- Adds a command for python -m jobs outbox. Called by payments, connect and payouts.
create function private.enqueue_command(
    p_org_id uuid,
    p_topic text,
    p_idempotency_key text,
    p_payload jsonb,
    p_subject text default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    insert into private.outbox (org_id, topic, idempotency_key, payload, subject)
    values (p_org_id, p_topic, p_idempotency_key, p_payload, p_subject)
    on conflict (org_id, idempotency_key) do nothing;
$$;

comment on function private.enqueue_command is
    'Adds a command once for each idempotency key. It is carried out after the unfinished commands of its subject.';

-- Notifies the workers that listen on the channel outbox, so that they need not wait for their next look.
create function private.notify_outbox_listeners()
    returns trigger
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if exists (select from new_rows) then
        perform pg_notify('outbox', '');
    end if;
    return null;
end;
$$;

create trigger notify_outbox_listeners
    after insert on private.outbox
    referencing new table as new_rows
    for each statement
    execute function private.notify_outbox_listeners();

-- sql/25_outbox/30_carry_out.sql
-- Leases a batch of commands to a worker: of each subject only the oldest unfinished one. When a worker dies, its lease runs out
-- and the command is claimed again; after max_attempts such leases the command is given up.
-- Definer: the jobs login has no access to the table.
create function private.claim_commands(p_worker_id uuid, p_limit integer, p_lease interval)
    returns table (command_id bigint, topic text, payload jsonb, attempts integer)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    update private.outbox command
    set dead_at = private.clock(),
        leased_by = null,
        leased_until = null,
        last_error = 'The worker did not report back before its lease ended.'
    where command.id = any (
        array(
            select abandoned.id
            from private.outbox abandoned
            where abandoned.processed_at is null
                and abandoned.dead_at is null
                and abandoned.available_at <= private.clock()
                and abandoned.leased_until <= private.clock()
                and abandoned.attempts >= private.max_attempts()
            order by abandoned.id
            for update skip locked
        )
    );

    return query
    update private.outbox command
    set leased_by = p_worker_id,
        leased_until = private.clock() + p_lease,
        attempts = command.attempts + 1
    where command.id = any (
        array(
            select ready.id
            from private.outbox ready
            where ready.processed_at is null
                and ready.dead_at is null
                and ready.available_at <= private.clock()
                and (ready.leased_until is null or ready.leased_until <= private.clock())
                and not exists (
                    select
                    from private.outbox other
                    where other.subject = ready.subject
                        and other.processed_at is null
                        and other.dead_at is null
                        and (other.id < ready.id or other.leased_until > private.clock())
                )
            order by ready.available_at, ready.id
            limit p_limit
            for update skip locked
        )
    )
    returning command.id, command.topic, command.payload, command.attempts;
end;
$$;

-- Marks a command processed. Definer: the jobs login has no access to the table.
create function private.finish_command(p_command_id bigint, p_worker_id uuid)
    returns void
    language sql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
    update private.outbox
    set processed_at = private.clock(),
        leased_by = null,
        leased_until = null,
        last_error = null
    where id = p_command_id
        and leased_by = p_worker_id;
$$;

comment on function private.finish_command is 'Marks a command processed; does nothing if another worker has the lease by now.';

-- Returns a command after a failure: it is tried again after a delay that doubles, or is dead after a final refusal or
-- max_attempts.
-- Definer: the jobs login has no access to the table.
create function private.fail_command(p_command_id bigint, p_worker_id uuid, p_error text, p_is_final boolean)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    command private.outbox;
begin
    update private.outbox
    set leased_by = null,
        leased_until = null,
        last_error = left(p_error, 1000),
        available_at = private.clock() + least(interval '10 seconds' * 2 ^ least(attempts, private.max_attempts()), interval '6 hours'),
        dead_at = case when p_is_final or attempts >= private.max_attempts() then private.clock() end
    where id = p_command_id
        and leased_by = p_worker_id
    returning * into command;

    return case when command.dead_at is null then 'retry' else 'dead' end;
end;
$$;

comment on function private.fail_command is 'Returns ''retry'', also if another worker has the lease by now, or ''dead''.';

-- How often a command is tried before it is given up.
create function private.max_attempts()
    returns integer
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return 12;

-- sql/25_outbox/40_replay.sql
-- Makes a dead command wait to be tried again, with all its attempts; for a platform admin who has removed the cause.
-- Definer: nobody writes the outbox directly.
create function private.admin_replay_command(p_command_id bigint, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    command private.outbox;
begin
    perform private.require_platform_admin(p_reason);

    select * into command
    from private.outbox
    where id = p_command_id
        and dead_at is not null
    for update;
    if not found then
        perform private.refuse(
            'PT404', 'command_not_found',
            'There is no dead command with that id.',
            'Look up dead commands with python -m jobs doctor or the saved query outbox_backlog.'
        );
    end if;

    update private.outbox
    set dead_at = null,
        attempts = 0,
        available_at = private.clock()
    where id = p_command_id;
    perform pg_notify('outbox', '');
    perform private.record_decision(
        'outbox', p_command_id::text,
        jsonb_build_object('dead_at', command.dead_at, 'attempts', command.attempts),
        jsonb_build_object('dead_at', null, 'attempts', 0)
    );
end;
$$;

-- sql/25_outbox/70_stripe_failures.sql
-- Classifies a failed call to Stripe by all its tries, a list of {"status", "type", "code", "was_sent"}, oldest first.
-- refused: Stripe will not do it; unknown: Stripe may have done it, and only a look-up can tell; not_sent: Stripe has not done
-- it. A try that certainly did nothing does not remove the doubt that an earlier one left. is_systemic: every other call would
-- fail in the same way. Called by the jobs when they have stopped trying.
-- Definer: the jobs may execute no other function of this file.
create function private.classify_stripe_failure(p_tries jsonb)
    returns table (outcome text, is_systemic boolean)
    language plpgsql
    immutable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    with tries as (
        select
            tried.number,
            private.outcome_of_stripe_try(tried.status, tried.type, tried.code, tried.was_sent) as outcome,
            coalesce(tried.status in (401, 403), false) as is_unauthorized
        from rows from (jsonb_to_recordset(p_tries) as (status integer, type text, code text, was_sent boolean))
            with ordinality as tried (status, type, code, was_sent, number)
    )

    select
        case
            when last_try.outcome = 'not_sent' and exists (select from tries where tries.outcome = 'unknown') then 'unknown'
            else last_try.outcome
        end,
        last_try.is_unauthorized and last_try.outcome = 'not_sent'
    from tries last_try
    order by last_try.number desc
    limit 1;
end;
$$;

-- What one failed try says, by Stripe's documentation: a 4xx is an answer for good, and a 5xx, a lost answer and a conflict
-- (409: a call under the same key is under way) are none. Rate limits and authentication come before anything is done, but
-- account_invalid with 403 is about the one account that the call names, which has cut the platform off. An idempotency_error
-- is no answer about this call: the key was used with other parameters, so an earlier call did something unknown.
create function private.outcome_of_stripe_try(p_status integer, p_type text, p_code text, p_was_sent boolean)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when not p_was_sent then 'not_sent'
        when p_status = 429 or (p_status = 400 and p_code = 'rate_limit') then 'not_sent'
        when p_status = 403 and p_code = 'account_invalid' then 'refused'
        when p_status in (401, 403) then 'not_sent'
        when p_type = 'idempotency_error' then 'unknown'
        when p_status in (400, 402, 404) then 'refused'
        else 'unknown'
    end;
$$;

-- Does this refusal of a transfer say that the destination cannot be paid until somebody changes it? Other refusals may be
-- followed by another try.
create function private.is_refusal_of_destination(p_code text)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_code in (
        'insufficient_capabilities_for_transfer',
        'transfers_not_allowed',
        'account_invalid',
        'account_closed',
        'no_account',
        'resource_missing',
        'account_country_invalid_address'
    );
$$;

-- sql/25_outbox/80_api.sql
create function public.admin_replay_command(p_command_id bigint, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_replay_command(p_command_id, p_reason);

comment on function public.admin_replay_command is
    'Lets a dead command of the outbox be tried again. Platform admins only. Errors: not_an_admin, reason_required, command_not_found.';

-- sql/25_outbox/90_access.sql
grant execute on function private.claim_commands to jobs;
grant execute on function private.finish_command to jobs;
grant execute on function private.fail_command to jobs;
grant execute on function private.classify_stripe_failure to jobs;

grant execute on function private.admin_replay_command to authenticated;
grant execute on function public.admin_replay_command to authenticated;

-- sql/27_alerts/10_tables.sql
-- 27_alerts: messages to an organization's admins, and often an instructor, about money that needs their attention.
--
--   20_alerts  raise_alert: tell somebody once; called by payments, disputes, cancellations, connect and payouts
--              resolve_alert: whom the alert addresses marks it as done
--   80_api     what frontends call; they read the table alerts directly
--
-- An alert is open until resolved_at is set. What an admin of the platform must do is not here: that is
-- needs_attention in 95_operations.

create table public.alerts (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    instructor_id uuid,
    code text not null,
    message text not null,
    related_type text not null,
    related_id uuid not null,
    idempotency_key text not null,
    created_at timestamptz not null default private.clock(),
    resolved_at timestamptz,
    primary key (org_id, id),
    unique (org_id, idempotency_key),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint message_is_short check (length(message) between 1 and 1000)
);

create index on public.alerts (org_id, instructor_id);
create index on public.alerts (org_id, created_at);
create index on public.alerts (instructor_id, created_at);

comment on table public.alerts is 'Messages about money that needs somebody''s attention. Open until resolved_at is set.';
comment on column public.alerts.instructor_id is 'The instructor who is told as well as the organization''s admins; null: the admins only.';
comment on column public.alerts.code is
    'Stable, for frontends. About payments: refund_failed, refund_waits_for_dispute, authorization_lost, authorization_voided, '
    'instructor_no_show, fraud_warning, dispute_<status>. About payouts: payout_held, payout_cancelled, payout_reversed, reversal_refused, '
    'bank_payout_failed, account_disconnected.';

alter table public.alerts enable row level security;

select private.audit_table('public.alerts', 'id');

-- sql/27_alerts/20_alerts.sql
-- Adds an alert for an organization's admins and, if named, an instructor; once for each idempotency key.
create function private.raise_alert(
    p_org_id uuid,
    p_instructor_id uuid,
    p_code text,
    p_message text,
    p_related_type text,
    p_related_id uuid,
    p_idempotency_key text
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    insert into public.alerts (org_id, instructor_id, code, message, related_type, related_id, idempotency_key)
    values (p_org_id, p_instructor_id, p_code, p_message, p_related_type, p_related_id, p_idempotency_key)
    on conflict (org_id, idempotency_key) do nothing;
$$;

-- Marks an alert as resolved; for the people whom it addresses. Definer: nobody writes alerts directly.
create function private.resolve_alert(p_alert_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();

    update public.alerts
    set resolved_at = private.clock()
    where id = p_alert_id
        and resolved_at is null
        and (
            org_id = any (private.my_admin_org_ids())
            or instructor_id = any (private.my_instructor_ids())
            or (org_id = private.platform_id() and private.is_platform_admin())
        );

    if not found then
        perform private.refuse(
            'PT404', 'alert_not_found',
            'There is no open alert with that id for you.',
            'Reload the list of alerts.'
        );
    end if;
end;
$$;

-- sql/27_alerts/80_api.sql
create function public.resolve_alert(p_alert_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.resolve_alert(p_alert_id);

comment on function public.resolve_alert is
    'Marks an alert as resolved; for the people whom it addresses. Errors: sign_in_required, alert_not_found.';

-- sql/27_alerts/90_access.sql
create policy select_addressed on public.alerts
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.alerts to authenticated, service_role;

grant execute on function private.resolve_alert to authenticated;
grant execute on function public.resolve_alert to authenticated;

-- sql/30_catalogue/10_tables.sql
-- The catalogue: what can be booked, and what it costs.
--
-- A service is a lesson on offer: title, length, price, and the instructor who gives it (or any instructor of the school).
-- Its list price comes from the first of these that has one:
--   1. the school's rate card that is valid on the day of the lesson, else the school's default rate card
--   2. the service's own price
--   3. the instructor's hourly rate, in proportion to the length
-- 70_prices.sql holds the only arithmetic on prices: the fee, its rounding, and who gets what.
--
-- Called by discounts (35), credits (45) and bookings (50), which price what they sell with private.price_service or
-- private.price_for_instructor and freeze the result. Instructors and admins of schools write here through 80_api.sql.

create type public.capture_mode as enum ('automatic', 'manual');

create table public.services (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    instructor_id uuid,
    title text not null,
    description text,
    short_description text,
    topic_tags text[] not null default '{}',
    duration_minutes integer not null,
    price_cents bigint,
    currency text not null references private.currencies (code),
    level public.experience_level,
    prerequisites text,
    materials_url text,
    max_participants integer not null default 1,
    is_active boolean not null default true,
    capture_mode public.capture_mode not null default 'automatic',
    requires_approval boolean not null default false,
    approval_hours integer not null default 24,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, id, currency),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint the_platform_sells_nothing check (org_id <> private.platform_id()),
    constraint title_is_short check (length(title) between 1 and 200),
    constraint description_is_short check (length(description) <= 20000),
    constraint short_description_is_short check (length(short_description) <= 500),
    constraint tags_are_short check (private.tags_are_valid(topic_tags)),
    constraint duration_is_in_quarters check (duration_minutes between 15 and 1440 and duration_minutes % 15 = 0),
    constraint price_can_be_charged check (price_cents between 0 and 50000000),
    constraint prerequisites_are_short check (length(prerequisites) <= 5000),
    constraint materials_url_is_a_link check (materials_url ~ '^https?://' and length(materials_url) <= 2000),
    constraint approval_takes_at_most_two_weeks check (approval_hours between 1 and 336),
    constraint group_is_of_reasonable_size check (max_participants between 1 and 500)
);

create unique index title_is_unique_per_instructor
    on public.services (org_id, instructor_id, lower(title)) nulls not distinct;
create index on public.services (org_id, is_active);
create index on public.services (instructor_id);
create index on public.services (is_active) where is_active;
create index on public.services using gin (topic_tags);
create index on public.services using gin (title extensions.gin_trgm_ops);
create index on public.services (currency);

comment on table public.services is 'A lesson on offer: title, length and price.';
comment on column public.services.instructor_id is 'The instructor who gives the lesson; null when any instructor of the school may.';
comment on column public.services.price_cents is
    'List price of the whole lesson, in the minor unit, before a fee on top; null means the hourly rate times the duration.';
comment on column public.services.max_participants is 'Seats of a group lesson; 1 means a private lesson.';
comment on column public.services.requires_approval is
    'Whether a booking starts as a request, which the instructor confirms before the learner pays.';
comment on column public.services.approval_hours is
    'Hours within which the instructor must answer a request, and the learner must pay once it is confirmed.';

create table public.rate_cards (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    name text not null,
    currency text not null references private.currencies (code),
    is_default boolean not null default false,
    valid_from date,
    valid_to date,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, id, currency),
    unique (org_id, name),
    constraint name_is_short check (length(name) between 1 and 200),
    constraint end_is_not_before_start check (valid_from <= valid_to),
    constraint a_default_is_always_valid check (not is_default or num_nonnulls(valid_from, valid_to) = 0),
    constraint rate_cards_never_overlap exclude using gist (
        org_id with =,
        currency with =,
        daterange(valid_from, valid_to, '[]') with &&
    ) where (not is_default)
);

create unique index one_default_rate_card_a_currency on public.rate_cards (org_id, currency) where is_default;
create index on public.rate_cards (org_id, is_default);
create index on public.rate_cards (currency);

comment on table public.rate_cards is
    'A school''s price list. The card that is valid on the day of the lesson counts, else the default card of the currency.';
comment on column public.rate_cards.valid_to is 'Last day of validity, inclusive, in the organization''s time zone; null means no end.';

create table public.rate_card_items (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    rate_card_id uuid not null,
    service_id uuid not null,
    currency text not null,
    price_cents bigint not null,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (rate_card_id, service_id),
    foreign key (org_id, rate_card_id, currency) references public.rate_cards (org_id, id, currency) on delete restrict,
    foreign key (org_id, service_id, currency) references public.services (org_id, id, currency) on delete restrict,
    constraint price_can_be_charged check (price_cents between 0 and 50000000)
);

create index on public.rate_card_items (org_id, rate_card_id, currency);
create index on public.rate_card_items (org_id, service_id, currency);
create index on public.rate_card_items (service_id);

comment on table public.rate_card_items is 'The price of a service on a rate card, for the whole lesson, in the card''s currency.';

create type private.price as (
    currency text,
    list_cents bigint,
    discount_cents bigint,
    fee_mode public.fee_mode,
    fee_bps integer,
    fee_cents bigint,
    share_cents bigint,
    total_cents bigint
);
comment on type private.price is
    'What a lesson costs and who gets what, in the minor unit: total = share + fee - discount, always.';

alter table public.services enable row level security;
alter table public.rate_cards enable row level security;
alter table public.rate_card_items enable row level security;

create trigger touch_updated_at
    before update on public.services
    for each row execute function private.touch_updated_at();

select private.audit_table('public.services', 'id', '{description,short_description,prerequisites,materials_url}');

create trigger touch_updated_at
    before update on public.rate_cards
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.rate_card_items
    for each row execute function private.touch_updated_at();

select private.audit_table('public.rate_cards', 'id');

select private.audit_table('public.rate_card_items', 'id');

-- sql/30_catalogue/20_services.sql
-- Adds a service of one instructor, or of any instructor of a school. For that instructor and the school's admins.
-- Definer: nobody may insert services directly.
create function private.create_service(
    p_org_id uuid,
    p_title text,
    p_duration_minutes integer,
    p_instructor_id uuid,
    p_description text,
    p_short_description text,
    p_topic_tags text[],
    p_price_cents bigint,
    p_currency text,
    p_level public.experience_level,
    p_prerequisites text,
    p_materials_url text,
    p_max_participants integer,
    p_requires_approval boolean,
    p_approval_hours integer,
    p_capture_mode public.capture_mode
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    service_currency text;
    instructor public.instructors;
    new_service_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_person();
    if p_instructor_id is null or not p_instructor_id = any (private.my_instructor_ids()) then
        perform private.require_org_admin(p_org_id);
    end if;
    select private.require_currency(coalesce(p_currency, organization.currency)) into service_currency
    from public.organizations organization
    where organization.id = p_org_id;
    select * into instructor from public.instructors where id = p_instructor_id and org_id = p_org_id;
    if p_instructor_id is not null and not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'This organization has no such instructor.',
            'Check both ids, or leave the instructor out.'
        );
    end if;
    if p_price_cents is null and instructor.currency <> service_currency then
        perform private.refuse(
            'PT422', 'currency_differs',
            'The instructor''s hourly rate is in another currency.',
            'Send a price in this currency, or use the currency of the hourly rate.'
        );
    end if;

    insert into public.services (
        org_id, instructor_id, title, description, short_description, topic_tags, duration_minutes, price_cents, currency,
        level, prerequisites, materials_url, max_participants, requires_approval, approval_hours, capture_mode
    )
    values (
        p_org_id, p_instructor_id, trim(p_title), p_description,
        coalesce(p_short_description, private.shorten(p_description, 500)),
        coalesce(p_topic_tags, '{}'), p_duration_minutes, p_price_cents, service_currency,
        p_level, p_prerequisites, p_materials_url, p_max_participants, p_requires_approval, p_approval_hours, p_capture_mode
    )
    on conflict do nothing
    returning id into new_service_id;

    if new_service_id is null then
        perform private.refuse(
            'PT409', 'service_exists',
            'This instructor or school already has a service with this title.',
            'Choose another title, or change the existing service.'
        );
    end if;
    return new_service_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Adds a service of the caller's own, under the name and with the parameters of the published API.
-- Definer: the organization is the instructor's, never one that the caller claims.
create function private.create_session(
    p_expert_user_id uuid,
    p_title text,
    p_description text,
    p_duration_minutes integer,
    p_price_cents bigint,
    p_currency text,
    p_org_id uuid
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    if p_expert_user_id is distinct from private.require_person() then
        perform private.refuse(
            '42501', 'not_yourself',
            'You can offer lessons as yourself only.',
            'Send your own user id as p_expert_user_id.'
        );
    end if;

    select * into instructor
    from public.instructors
    where user_id = p_expert_user_id
        and org_id = coalesce(p_org_id, private.marketplace_id());

    if not found then
        perform private.refuse(
            'PT404', 'not_an_instructor',
            'You are not an instructor here yet.',
            'Call become_instructor first.'
        );
    end if;

    return private.create_service(
        instructor.org_id, p_title, p_duration_minutes, instructor.id, p_description, null, null, p_price_cents,
        private.require_currency(p_currency), null, null, null, 1, false, 24, 'automatic'
    );
end;
$$;

-- The first p_length characters of a text with an ellipsis, cut between words where possible. create_service uses it for
-- the short description.
create function private.shorten(p_text text, p_length integer)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when length(p_text) <= p_length then p_text
        else coalesce(substring(left(p_text, p_length - 1) from '^(.*\S)\s'), left(p_text, p_length - 1)) || '…'
    end;
$$;

-- sql/30_catalogue/30_rate_cards.sql
-- Adds an empty rate card to a school. For the school's admins.
-- Definer: nobody may write rate cards directly.
create function private.create_rate_card(
    p_org_id uuid,
    p_name text,
    p_currency text,
    p_is_default boolean,
    p_valid_from date,
    p_valid_to date
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    new_rate_card_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_org_admin(p_org_id);

    insert into public.rate_cards (org_id, name, currency, is_default, valid_from, valid_to)
    select
        organization.id, trim(p_name),
        private.require_currency(coalesce(p_currency, organization.currency)),
        p_is_default, p_valid_from, p_valid_to
    from public.organizations organization
    where organization.id = p_org_id
    on conflict do nothing
    returning id into new_rate_card_id;

    if new_rate_card_id is null then
        perform private.refuse_rate_card();
    end if;
    return new_rate_card_id;
exception
    when check_violation or not_null_violation or data_exception then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Changes the first and last day of a rate card. Bookings keep the price that was frozen with them.
-- Definer: nobody may write rate cards directly.
create function private.set_rate_card_validity(p_rate_card_id uuid, p_valid_from date, p_valid_to date)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    card public.rate_cards := private.require_rate_card(p_rate_card_id);
    broken_rule text;
begin
    update public.rate_cards
    set valid_from = p_valid_from,
        valid_to = p_valid_to
    where org_id = card.org_id
        and id = card.id;
exception
    when exclusion_violation then
        perform private.refuse_rate_card();
    when check_violation or data_exception then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Sets the price of a service on a rate card; null removes the price from the card.
-- Definer: nobody may write prices directly.
create function private.set_rate(p_rate_card_id uuid, p_service_id uuid, p_price_cents bigint)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    card public.rate_cards := private.require_rate_card(p_rate_card_id);
    broken_rule text;
begin
    if not exists (
        select
        from public.services service
        where service.id = p_service_id
            and service.org_id = card.org_id
            and service.currency = card.currency
    ) then
        perform private.refuse(
            'PT404', 'service_not_found',
            'Your organization offers no such lesson in the card''s currency.',
            'Check the service and its currency.'
        );
    end if;

    if p_price_cents is null then
        delete from public.rate_card_items
        where org_id = card.org_id
            and rate_card_id = card.id
            and service_id = p_service_id;
        return;
    end if;
    insert into public.rate_card_items as item (org_id, rate_card_id, service_id, currency, price_cents)
    values (card.org_id, card.id, p_service_id, card.currency, p_price_cents)
    on conflict (rate_card_id, service_id) do update set price_cents = excluded.price_cents;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Deletes a rate card and its prices. Definer: nobody may write rate cards directly.
create function private.delete_rate_card(p_rate_card_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    card public.rate_cards := private.require_rate_card(p_rate_card_id);
begin
    delete from public.rate_card_items where org_id = card.org_id and rate_card_id = card.id;
    delete from public.rate_cards where org_id = card.org_id and id = card.id;
end;
$$;

-- Returns the rate card, locked, if the caller administers its organization. A rate card of another organization is
-- refused exactly like one that does not exist.
create function private.require_rate_card(p_rate_card_id uuid)
    returns public.rate_cards
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    card public.rate_cards;
begin
    perform private.require_person();
    select * into card
    from public.rate_cards
    where id = p_rate_card_id
        and org_id = any (private.my_admin_org_ids())
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'rate_card_not_found',
            'Your organizations have no such rate card.',
            'Check the id.'
        );
    end if;
    return card;
end;
$$;

-- Refuses a rate card that conflicts with another one.
create function private.refuse_rate_card()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'rate_card_exists',
        'Another rate card has this name, is the default for this currency, or is valid on some of the same days.',
        'Choose another name, or first end the other card with set_rate_card_validity or delete_rate_card.'
    );
end;
$$;

-- sql/30_catalogue/40_search.sql
-- Lists active services of schools, and of instructors who take bookings, by title, tags and level, in pages.
-- Definer: it shows only what everybody may see, and row-level security would keep the indexes from being used. The plan is
-- made anew for each search, because the best index depends on the filters given.
create function private.search_services(
    p_query text,
    p_topic_tags text[],
    p_level public.experience_level,
    p_org_id uuid,
    p_limit integer,
    p_after uuid
)
    returns setof public.services
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = 'force_custom_plan'
as $$
begin
    return query
    select service.*
    from public.services service
    left join public.instructors instructor
        on instructor.org_id = service.org_id
        and instructor.id = service.instructor_id
    where service.is_active
        and (
            service.instructor_id is null
            or (instructor.is_active and instructor.is_available and instructor.verification_status = 'verified')
        )
        and (p_org_id is null or service.org_id = p_org_id)
        and (p_query is null or service.title ilike private.like_pattern(p_query))
        and (p_level is null or service.level = p_level)
        and service.topic_tags @> coalesce(p_topic_tags, '{}')
        and (p_after is null or service.id > p_after)
    order by service.id
    limit private.page_size(p_limit);
end;
$$;

-- sql/30_catalogue/50_quote.sql
-- What a booking would cost the learner, line by line; the lines sum to what is charged.
-- Definer: visitors may not read fees and rate cards.
create function private.quote_booking(p_service_id uuid, p_instructor_id uuid, p_start_at timestamptz)
    returns table (line_item text, amount_cents bigint, currency text)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    price private.price;
begin
    select (private.price_service(
        service.id,
        coalesce(p_instructor_id, service.instructor_id),
        coalesce(p_start_at, private.clock())
    )).*
    into price
    from public.services service
    where service.id = p_service_id
        and service.is_active
        and coalesce(service.instructor_id = p_instructor_id, true);

    if price.currency is null then
        perform private.refuse(
            'PT404', 'service_not_found',
            'This lesson is not on offer, or not by this instructor.',
            'Check the service, and name the instructor if the school offers it.'
        );
    end if;
    perform private.assert_price_is_payable(price);

    return query
    select line.line_item, line.amount_cents, price.currency
    from (
        values
            ('lesson', price.list_cents),
            ('platform_fee', price.total_cents - price.list_cents + price.discount_cents),
            ('discount', -price.discount_cents)
    ) line (line_item, amount_cents)
    where line.line_item = 'lesson' or line.amount_cents <> 0;
end;
$$;

-- Refuses a price whose total Stripe cannot charge; a total of nothing is allowed. Called wherever something is sold.
create function private.assert_price_is_payable(p_price private.price)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refusal text := private.price_refusal(p_price);
begin
    if refusal = 'price_missing' then
        perform private.refuse(
            'PT409', 'price_missing',
            'This lesson has no price in its currency.',
            'Ask the instructor to set a price.'
        );
    end if;
    if refusal = 'amount_too_small' then
        perform private.refuse(
            'PT422', 'amount_too_small',
            'This amount is too small for a card payment.',
            (
                select format('The smallest payment in %s is %s of its minor unit.', currency.code, currency.minimum_charge_cents)
                from private.currencies currency
                where currency.code = p_price.currency
            )
        );
    end if;
    if refusal = 'amount_too_large' then
        perform private.refuse(
            'PT422', 'amount_too_large',
            'This amount is too large for a card payment.',
            'Book a shorter lesson.'
        );
    end if;
end;
$$;

-- Why Stripe cannot charge a price: price_missing, amount_too_small or amount_too_large. Null if it can, and if there is
-- nothing to pay.
create function private.price_refusal(p_price private.price)
    returns text
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select case
            when p_price.total_cents is null then 'price_missing'
            when p_price.total_cents = 0 then null
            when p_price.total_cents < currency.minimum_charge_cents then 'amount_too_small'
            when p_price.total_cents > 99999999 then 'amount_too_large'
        end
        from private.currencies currency
        where currency.code = p_price.currency
    );
end;
$$;

-- sql/30_catalogue/70_prices.sql
-- The price of a service with an instructor for a lesson that starts at p_start_at. Null if the instructor does not belong
-- to the service's organization; its amounts are null if the service has no price. The hourly rate counts only in its own
-- currency.
create function private.price_service(p_service_id uuid, p_instructor_id uuid, p_start_at timestamptz)
    returns private.price
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select private.price_for_instructor(
            instructor.id,
            service.currency,
            coalesce(
                private.rate_card_price_cents(service.id, (p_start_at at time zone organization.time_zone)::date),
                service.price_cents,
                case
                    when instructor.currency = service.currency
                        then private.hourly_cents(instructor.hourly_rate_cents, service.duration_minutes)
                end
            )
        )
        from public.services service
        join public.organizations organization on organization.id = service.org_id
        join public.instructors instructor on instructor.org_id = service.org_id
        where service.id = p_service_id
            and instructor.id = p_instructor_id
    );
end;
$$;

-- The price of a service on a local date by its organization's rate cards: the card that is valid that day, else the default
-- card. Null if neither has the service.
create function private.rate_card_price_cents(p_service_id uuid, p_on date)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select item.price_cents
        from public.rate_card_items item
        join public.rate_cards card on card.org_id = item.org_id and card.id = item.rate_card_id
        where item.service_id = p_service_id
            and daterange(card.valid_from, card.valid_to, '[]') @> p_on
        order by card.is_default
        limit 1
    );
end;
$$;

-- The price of something with this list price: adds the fee that applies to the instructor, by the instructor's own terms
-- or else by the organization's.
create function private.price_for_instructor(p_instructor_id uuid, p_currency text, p_list_cents bigint)
    returns private.price
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select private.price_with_fee(
            p_currency,
            p_list_cents,
            coalesce(details.fee_mode, organization.fee_mode),
            coalesce(details.fee_bps, organization.fee_bps)
        )
        from public.instructor_details details
        join public.organizations organization on organization.id = details.org_id
        where details.instructor_id = p_instructor_id
    );
end;
$$;

-- The one place that divides a list price between learner, instructor and platform.
-- on_top: the learner pays list + fee, the instructor gets list. included: the learner pays list, the instructor gets
-- list - fee.
create function private.price_with_fee(
    p_currency text,
    p_list_cents bigint,
    p_fee_mode public.fee_mode,
    p_fee_bps integer
)
    returns private.price
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    fee_cents constant bigint := private.bps_of(p_list_cents, p_fee_bps);
begin
    return row(
        p_currency,
        p_list_cents,
        0,
        p_fee_mode,
        p_fee_bps,
        fee_cents,
        p_list_cents - case p_fee_mode when 'included' then fee_cents else 0 end,
        p_list_cents + case p_fee_mode when 'on_top' then fee_cents else 0 end
    )::private.price;
end;
$$;

-- The same price with this much taken off what the learner pays. The platform bears it: share and fee stay as they are.
create function private.discount_price(p_price private.price, p_discount_cents bigint)
    returns private.price
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select row(
        p_price.currency,
        p_price.list_cents,
        p_discount_cents,
        p_price.fee_mode,
        p_price.fee_bps,
        p_price.fee_cents,
        p_price.share_cents,
        p_price.share_cents + p_price.fee_cents - p_discount_cents
    )::private.price;
$$;

-- Basis points of an amount, rounded half up: the fee of a list price, a percentage discount, a refund.
create function private.bps_of(p_cents bigint, p_bps integer)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.prorate(p_cents, p_bps, 10000);
$$;

-- What minutes cost at an hourly rate, rounded half up.
create function private.hourly_cents(p_hourly_rate_cents bigint, p_minutes integer)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.prorate(p_hourly_rate_cents, p_minutes, 60);
$$;

-- Whether a lesson of this service at p_start_at costs the instructor's hourly rate, because neither a rate card nor the
-- service has a price. Prepaid minutes without a service pay only for such lessons.
create function private.is_hourly(p_service public.services, p_start_at timestamptz)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select p_service.price_cents is null
            and private.rate_card_price_cents(p_service.id, (p_start_at at time zone organization.time_zone)::date) is null
        from public.organizations organization
        where organization.id = p_service.org_id
    );
end;
$$;

-- sql/30_catalogue/80_api.sql
create function public.create_session(
    p_expert_user_id uuid,
    p_title text,
    p_description text,
    p_duration_minutes integer,
    p_price_cents integer,
    p_currency text default 'DKK',
    p_org_id uuid default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.create_session(
    p_expert_user_id, p_title, p_description, p_duration_minutes, p_price_cents, p_currency, p_org_id
);

comment on function public.create_session is
    'Adds a service of the caller''s own and returns its id. p_duration_minutes is a multiple of 15, p_price_cents the price of the '
    'whole lesson in the minor unit (null: the hourly rate), p_org_id the school (default: the marketplace). '
    'Errors: sign_in_required, not_yourself, not_an_instructor, unknown_currency, currency_differs, value_missing, service_exists, '
    'and the rules of public.services.';

create function public.create_service(
    p_org_id uuid,
    p_title text,
    p_duration_minutes integer,
    p_instructor_id uuid default null,
    p_description text default null,
    p_short_description text default null,
    p_topic_tags text[] default '{}',
    p_price_cents bigint default null,
    p_currency text default null,
    p_level public.experience_level default null,
    p_prerequisites text default null,
    p_materials_url text default null,
    p_max_participants integer default 1,
    p_requires_approval boolean default false,
    p_approval_hours integer default 24,
    p_capture_mode public.capture_mode default 'automatic'
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.create_service(
    p_org_id, p_title, p_duration_minutes, p_instructor_id, p_description, p_short_description, p_topic_tags, p_price_cents,
    p_currency, p_level, p_prerequisites, p_materials_url, p_max_participants, p_requires_approval, p_approval_hours,
    p_capture_mode
);

comment on function public.create_service is
    'Adds a service of one instructor, or with p_instructor_id null of any instructor of the school, and returns its id. For the instructor '
    'and the school''s admins. p_price_cents is for the whole lesson (null: the hourly rate), p_currency defaults to the organization''s; '
    'with p_capture_mode ''manual'' the payer''s bank only reserves the money, which is captured after the lesson. '
    'Errors: sign_in_required, organization_not_found, instructor_not_found, unknown_currency, currency_differs, value_missing, '
    'service_exists, and the rules of public.services.';

create function public.create_rate_card(
    p_org_id uuid,
    p_name text,
    p_currency text default null,
    p_is_default boolean default false,
    p_valid_from date default null,
    p_valid_to date default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.create_rate_card(p_org_id, p_name, p_currency, p_is_default, p_valid_from, p_valid_to);

comment on function public.create_rate_card is
    'Adds an empty rate card and returns its id; for the school''s admins. A currency has at most one default card, and cards with dates '
    'never overlap. '
    'Errors: sign_in_required, organization_not_found, unknown_currency, value_missing, value_out_of_range, rate_card_exists, and '
    'the rules of public.rate_cards.';

create function public.set_rate_card_validity(p_rate_card_id uuid, p_valid_from date, p_valid_to date)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_rate_card_validity(p_rate_card_id, p_valid_from, p_valid_to);

comment on function public.set_rate_card_validity is
    'Sets the first and the last day on which a rate card is valid, null for no limit; for the school''s admins. Existing bookings keep their '
    'price. Errors: sign_in_required, rate_card_not_found, value_out_of_range, rate_card_exists, and the rules of public.rate_cards.';

create function public.delete_rate_card(p_rate_card_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.delete_rate_card(p_rate_card_id);

comment on function public.delete_rate_card is
    'Deletes a rate card with all its prices; for the school''s admins. Existing bookings keep their price. '
    'Errors: sign_in_required, rate_card_not_found.';

create function public.set_rate(p_rate_card_id uuid, p_service_id uuid, p_price_cents bigint)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_rate(p_rate_card_id, p_service_id, p_price_cents);

comment on function public.set_rate is
    'Sets the price of a service on a rate card, for the whole lesson in the minor unit; null removes it from the card. Existing '
    'bookings keep their price. Errors: sign_in_required, rate_card_not_found, service_not_found, and the rules of public.rate_card_items.';

create function public.quote_booking(p_service_id uuid, p_instructor_id uuid default null, p_start_at timestamptz default null)
    returns table (line_item text, amount_cents bigint, currency text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select quoted.line_item, quoted.amount_cents, quoted.currency
    from private.quote_booking(p_service_id, p_instructor_id, p_start_at) quoted;
end;

comment on function public.quote_booking is
    'The price of a lesson for the learner, as lines that sum exactly to what is charged, in the minor unit. p_instructor_id is needed for a '
    'service that any instructor of the school gives; p_start_at (default: now) chooses the rate card. Errors: service_not_found, price_missing, '
    'amount_too_small, amount_too_large.';

create function public.search_services(
    p_query text default null,
    p_topic_tags text[] default '{}',
    p_level public.experience_level default null,
    p_org_id uuid default null,
    p_limit integer default 50,
    p_after uuid default null
)
    returns setof public.services
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select found.*
    from private.search_services(p_query, p_topic_tags, p_level, p_org_id, p_limit, p_after) found;
end;

comment on function public.search_services is
    'Active services of schools, and of instructors who take bookings, whose title contains p_query and that have all of p_topic_tags; in pages '
    'of at most 200, where p_after is the last id of the previous page.';

-- sql/30_catalogue/90_access.sql
create policy select_listed on public.services
    for select
    to anon
    using (is_active);

create policy select_listed_own_or_contact on public.services
    for select
    to authenticated
    using (
        is_active
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or instructor_id = any ((select private.my_contact_ids())::uuid[])
        or org_id = any ((select private.my_org_ids())::uuid[])
        or org_id = any ((select private.my_family_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.services
    for update
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.services to anon, authenticated, service_role;
grant update (
    title, description, short_description, topic_tags, duration_minutes, price_cents,
    level, prerequisites, materials_url, max_participants, is_active, requires_approval, approval_hours,
    capture_mode
) on public.services to authenticated;
-- NOTE: no insert is granted: create_session and create_service add services. No update of the currency: it never changes.

create policy select_member on public.rate_cards
    for select
    to authenticated
    using (org_id = any ((select private.my_org_ids())::uuid[]));

create policy select_member on public.rate_card_items
    for select
    to authenticated
    using (org_id = any ((select private.my_org_ids())::uuid[]));

grant select on public.rate_cards to authenticated, service_role;
grant select on public.rate_card_items to authenticated, service_role;
-- NOTE: no write is granted: rate cards change through functions. Whoever is no member of the school asks quote_booking.

grant execute on function private.create_session to authenticated;
grant execute on function public.create_session to authenticated;
grant execute on function private.create_service to authenticated;
grant execute on function public.create_service to authenticated;
grant execute on function private.create_rate_card to authenticated;
grant execute on function public.create_rate_card to authenticated;
grant execute on function private.set_rate_card_validity to authenticated;
grant execute on function public.set_rate_card_validity to authenticated;
grant execute on function private.delete_rate_card to authenticated;
grant execute on function public.delete_rate_card to authenticated;
grant execute on function private.set_rate to authenticated;
grant execute on function public.set_rate to authenticated;
grant execute on function private.quote_booking to anon, authenticated;
grant execute on function public.quote_booking to anon, authenticated;
grant execute on function private.search_services to anon, authenticated;
grant execute on function public.search_services to anon, authenticated;

-- sql/35_discounts/10_tables.sql
-- Discounts: discount codes, referral codes and referral rewards, all at the platform's cost. The instructor's share never
-- shrinks.
--
-- A frontend calls check_discount_code first (30), then books or buys with the code. The booking or purchase reserves the
-- discount (40); the payment that succeeds redeems it, and the end of an unpaid one releases it (50). Each person uses one
-- discount at a time, and only while its limits allow: dates, uses of all learners, uses of one learner, first lesson only.
-- How a discount is limited is decided in 70_offers.sql (codes), 71_referral_discounts.sql and 72_rewards.sql.
--
-- Called by credits (45), bookings (50) and payments (60). Rewards are granted in 66_rewards. Platform admins make discount
-- codes, learners make referral codes (80_api.sql).

create type public.redemption_kind as enum ('discount', 'referral', 'reward');
create type public.redemption_status as enum ('reserved', 'redeemed', 'released');

create table public.discount_codes (
    id uuid primary key default gen_random_uuid(),
    org_id uuid references public.organizations (id) on delete restrict,
    code text not null,
    amount_cents bigint,
    currency text references private.currencies (code),
    discount_bps integer,
    may_exceed_fee boolean not null default false,
    max_uses integer,
    uses_count integer not null default 0,
    max_uses_per_learner integer not null default 1,
    is_first_lesson_only boolean not null default false,
    starts_at timestamptz not null default private.clock(),
    expires_at timestamptz,
    is_active boolean not null default true,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    constraint code_is_plain check (code ~ '^[A-Za-z0-9_-]{3,40}$'),
    constraint it_is_an_amount_or_a_percentage check (num_nonnulls(amount_cents, discount_bps) = 1),
    constraint an_amount_has_a_currency check ((amount_cents is null) = (currency is null)),
    constraint amount_is_sensible check (amount_cents between 1 and 50000000),
    constraint percentage_is_a_fraction check (discount_bps between 1 and 10000),
    constraint uses_are_within_the_maximum check (max_uses > 0 and uses_count between 0 and max_uses or max_uses is null and uses_count >= 0),
    constraint each_learner_may_use_it check (max_uses_per_learner > 0),
    constraint end_is_after_start check (starts_at < expires_at)
);

create unique index discount_code_is_unique on public.discount_codes (lower(code), org_id) nulls not distinct;
create index on public.discount_codes (org_id);
create index on public.discount_codes (currency);

comment on table public.discount_codes is
    'Codes for a discount, which the platform pays for. They are never listed; whoever knows a code may check it.';
comment on column public.discount_codes.org_id is 'The organization where the code can be used; null means anywhere.';
comment on column public.discount_codes.code is 'Compared without case.';
comment on column public.discount_codes.amount_cents is
    'Discount in the minor unit of currency; null if the code takes off discount_bps of the list price instead.';
comment on column public.discount_codes.may_exceed_fee is
    'Whether the discount may be larger than the platform''s fee. The instructor''s share never shrinks: the platform pays the rest.';
comment on column public.discount_codes.max_uses is 'By all learners together; null means without limit.';
comment on column public.discount_codes.uses_count is 'Redemptions that are reserved or redeemed.';

create table public.referral_codes (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    referrer_id uuid not null,
    code text not null,
    discount_bps integer not null,
    reward_cents bigint not null,
    currency text not null references private.currencies (code),
    max_uses integer,
    uses_count integer not null default 0,
    expires_at timestamptz,
    is_active boolean not null default true,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, referrer_id) references public.learners (org_id, id) on delete restrict,
    constraint code_is_plain check (code ~ '^[A-Z0-9]{8,20}$'),
    constraint percentage_is_a_fraction check (discount_bps between 0 and 10000),
    constraint reward_is_not_negative check (reward_cents >= 0),
    constraint uses_are_within_the_maximum check (max_uses > 0 and uses_count between 0 and max_uses or max_uses is null and uses_count >= 0)
);

create unique index referral_code_is_unique on public.referral_codes (lower(code));
create unique index one_live_code_a_referrer on public.referral_codes (referrer_id) where is_active;
create index on public.referral_codes (org_id, referrer_id);
create index on public.referral_codes (referrer_id);
create index on public.referral_codes (currency);

comment on table public.referral_codes is
    'A learner''s own code, which takes something off another person''s first lesson. Its terms were copied from the organization when it was '
    'made.';
comment on column public.referral_codes.discount_bps is 'Discount on the referred learner''s first lesson, in basis points of its list price.';
comment on column public.referral_codes.reward_cents is 'What the referrer is granted once that lesson is completed and paid.';

create table public.code_redemptions (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    kind public.redemption_kind not null,
    discount_code_id uuid references public.discount_codes (id) on delete restrict,
    referral_code_id uuid,
    learner_id uuid not null,
    learner_person_id uuid not null,
    booking_id uuid unique,
    credit_id uuid unique,
    currency text not null,
    discount_cents bigint not null,
    status public.redemption_status not null default 'reserved',
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, referral_code_id) references public.referral_codes (org_id, id) on delete restrict,
    constraint kind_agrees_with_the_code check (
        (kind = 'discount') = (discount_code_id is not null)
        and (kind = 'referral') = (referral_code_id is not null)
    ),
    constraint it_is_for_a_booking_or_for_credit check (num_nonnulls(booking_id, credit_id) = 1),
    constraint discount_is_positive check (discount_cents > 0)
);

create index on public.code_redemptions (discount_code_id, learner_person_id) where status <> 'released';
create index on public.code_redemptions (discount_code_id);
create index on public.code_redemptions (org_id, referral_code_id);
create index on public.code_redemptions (org_id, learner_id);
create index on public.code_redemptions (learner_id);
create index on public.code_redemptions (learner_person_id);

comment on table public.code_redemptions is
    'The discount on one booking or one purchase of prepaid minutes, from a discount code, a referral code or the learner''s own rewards.';
comment on column public.code_redemptions.status is
    'reserved with the booking or purchase, redeemed when that is paid, released when it can no longer be paid or was refunded in full.';

create table private.code_checks (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.profiles (id) on delete cascade,
    discount_code_id uuid references public.discount_codes (id) on delete cascade,
    referral_code_id uuid references public.referral_codes (id) on delete cascade,
    checked_at timestamptz not null default private.clock()
);

create index on private.code_checks (user_id, checked_at);
create index on private.code_checks (discount_code_id);
create index on private.code_checks (referral_code_id);

comment on table private.code_checks is
    'Every call of check_discount_code, with the code that was found; no code means a wrong guess. Wrong guesses are limited, and a booking '
    'may use only a code that its caller found here.';

create type private.code_offer as (
    kind public.redemption_kind,
    code_id uuid,
    discount_cents bigint
);
comment on type private.code_offer is 'A code, or the learner''s rewards, and what it takes off a price; null when it takes nothing off.';

alter table public.discount_codes enable row level security;
alter table public.referral_codes enable row level security;
alter table public.code_redemptions enable row level security;
alter table private.code_checks enable row level security;

create trigger touch_updated_at
    before update on public.discount_codes
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.referral_codes
    for each row execute function private.touch_updated_at();

create trigger enforce_status_transition
    before insert or update of status on public.code_redemptions
    for each row execute function private.enforce_status_transition('redemption');

create trigger touch_updated_at
    before update on public.code_redemptions
    for each row execute function private.touch_updated_at();

select private.audit_table('public.discount_codes', 'id', '{code}');

select private.audit_table('public.referral_codes', 'id', '{code}');

select private.audit_table('public.code_redemptions', 'id');

-- sql/35_discounts/11_transitions.sql
-- A discount is reserved with its booking or purchase, redeemed when that is paid, and released when it can no longer be paid
-- or has been refunded in full. Rewards that were redeemed have left the learner's account, and return when released.
--
-- redemption:
--   · → reserved: reserve_discount (user, service, studio)
--   reserved → redeemed: activate_credit, on_booking_changed (user, service, job)
--   reserved → released: cancel_open_payment, undo_cancelled_payment (user, service, job, studio)
--   redeemed → released: restore_discount (user, service, job)

insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('redemption', 'new', 'reserved', '{user,service,studio}'),
    ('redemption', 'reserved', 'redeemed', '{user,service,job}'),
    ('redemption', 'reserved', 'released', '{user,service,job,studio}'),
    ('redemption', 'redeemed', 'released', '{user,service,job}');

-- sql/35_discounts/20_discount_codes.sql
-- Adds a discount code; platform admins only, since the platform pays for it. Definer: nobody may write codes directly.
create function private.admin_create_discount_code(p_code public.discount_codes, p_reason text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    new_code_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_platform_admin(p_reason);

    insert into public.discount_codes (
        org_id, code, amount_cents, currency, discount_bps, may_exceed_fee, max_uses, max_uses_per_learner,
        is_first_lesson_only, starts_at, expires_at
    )
    values (
        p_code.org_id, p_code.code, p_code.amount_cents,
        case when p_code.currency is not null then private.require_currency(p_code.currency) end,
        p_code.discount_bps, p_code.may_exceed_fee, p_code.max_uses, p_code.max_uses_per_learner,
        p_code.is_first_lesson_only, coalesce(p_code.starts_at, private.clock()), p_code.expires_at
    )
    returning id into new_code_id;
    return new_code_id;
exception
    when unique_violation then
        perform private.refuse(
            'PT409', 'code_exists',
            'This code exists already.',
            'Choose another code; upper and lower case make no difference.'
        );
        return null;
    when foreign_key_violation then
        perform private.refuse(
            'PT404', 'organization_not_found',
            'There is no such organization.',
            'Check the id.'
        );
        return null;
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Ends a discount code for new bookings; existing bookings keep their discount. Platform admins only.
-- Definer: nobody may write codes directly.
create function private.admin_end_discount_code(p_discount_code_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_platform_admin(p_reason);

    update public.discount_codes set is_active = false where id = p_discount_code_id;
    if not found then
        perform private.refuse(
            'PT404', 'code_not_found',
            'There is no such code.',
            'Check the id.'
        );
    end if;
end;
$$;

-- sql/35_discounts/21_referral_codes.sql
-- Returns the caller's referral code in an organization. The first call makes it, on the organization's terms of that moment.
-- Definer: nobody may write codes directly.
create function private.create_referral_code(p_org_id uuid)
    returns public.referral_codes
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    organization public.organizations;
    learner public.learners;
    code public.referral_codes;
begin
    select * into organization
    from public.organizations
    where id = coalesce(p_org_id, private.marketplace_id());
    learner := private.ensure_learner(person, organization.id);

    if organization.referral_discount_bps = 0 and organization.referral_reward_cents = 0 then
        perform private.refuse(
            'PT409', 'no_referral_programme',
            'This school does not reward recommendations at the moment.',
            'Ask the platform about its referral programme.'
        );
    end if;

    insert into public.referral_codes (org_id, referrer_id, code, discount_bps, reward_cents, currency)
    values (
        organization.id, learner.id,
        upper(encode(extensions.gen_random_bytes(6), 'hex')),
        organization.referral_discount_bps, organization.referral_reward_cents, organization.currency
    )
    on conflict (referrer_id) where is_active do nothing;

    select * into strict code
    from public.referral_codes
    where org_id = learner.org_id
        and referrer_id = learner.id
        and is_active;
    return code;
end;
$$;

-- sql/35_discounts/30_check.sql
-- What a code takes off a lesson's price. Every wrong guess gets the same answer, whether the code does not exist, has ended or
-- is another learner's; after ten wrong guesses within an hour the caller has to wait.
-- Definer: nobody may read codes.
create function private.check_discount_code(
    p_code text,
    p_service_id uuid,
    p_instructor_id uuid,
    p_start_at timestamptz,
    p_learner_id uuid
)
    returns table (is_valid boolean, discount_cents bigint, total_cents bigint, currency text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    max_wrong_guesses constant integer := 10;
    person uuid := private.require_person();
    service public.services := private.require_offered_service(p_service_id, p_instructor_id);
    learner public.learners;
    price private.price;
    offer private.code_offer;
begin
    learner := private.require_bookable_learner(
        case when p_learner_id is null then person end, p_learner_id, service.org_id
    );
    perform from public.profiles where id = person for no key update;
    if (
        select count(*)
        from private.code_checks earlier
        where earlier.user_id = person
            and num_nonnulls(earlier.discount_code_id, earlier.referral_code_id) = 0
            and earlier.checked_at > private.clock() - interval '1 hour'
    ) >= max_wrong_guesses then
        perform private.refuse(
            'PT429', 'too_many_guesses',
            'You have tried too many codes that cannot be used.',
            'Try again in an hour.'
        );
    end if;

    price := private.price_service(
        service.id, coalesce(p_instructor_id, service.instructor_id), coalesce(p_start_at, private.clock())
    );
    offer := private.offered_discount(private.find_code(p_code, service.org_id), learner, price);
    insert into private.code_checks (user_id, discount_code_id, referral_code_id)
    values (
        person,
        case offer.kind when 'discount' then offer.code_id end,
        case offer.kind when 'referral' then offer.code_id end
    );

    return query
    select
        offer.code_id is not null,
        coalesce(offer.discount_cents, 0),
        price.share_cents + price.fee_cents - coalesce(offer.discount_cents, 0),
        price.currency;
end;
$$;

-- Returns the active service if the instructor gives it. Without an instructor, only a service that has its own.
-- buy_credits uses it too.
create function private.require_offered_service(p_service_id uuid, p_instructor_id uuid)
    returns public.services
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    service public.services;
begin
    select offered.* into service
    from public.services offered
    join public.instructors instructor
        on instructor.org_id = offered.org_id
        and instructor.id = coalesce(p_instructor_id, offered.instructor_id)
    where offered.id = p_service_id
        and offered.is_active
        and instructor.id = coalesce(offered.instructor_id, instructor.id);

    if not found then
        perform private.refuse(
            'PT404', 'service_not_found',
            'This lesson is not on offer, or not by this instructor.',
            'Check the service, and name the instructor if the school offers it.'
        );
    end if;
    return service;
end;
$$;

-- sql/35_discounts/40_reserve.sql
-- What the request's code, or the learner's rewards, take off the price. Refuses a code that the caller has not checked within
-- the last day exactly like one that does not exist, so that booking cannot be used to guess codes.
create function private.require_discount(
    p_code text,
    p_uses_rewards boolean,
    p_learner public.learners,
    p_price private.price
)
    returns private.code_offer
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    named_code private.code_offer := private.find_code(p_code, p_learner.org_id);
    offer private.code_offer;
begin
    if p_code is null then
        return case
            when p_uses_rewards
                then private.offered_discount(row('reward', null, null)::private.code_offer, p_learner, p_price)
        end;
    end if;

    if p_uses_rewards then
        perform private.refuse(
            'PT422', 'one_discount_at_a_time',
            'A code and your rewards cannot be used together.',
            'Use one of them.'
        );
    end if;
    if not exists (
        select
        from private.code_checks known
        where known.user_id = private.my_user_id()
            and named_code.code_id in (known.discount_code_id, known.referral_code_id)
            and known.checked_at > private.clock() - interval '1 day'
    ) then
        perform private.refuse(
            'PT422', 'code_not_checked',
            'That code has not been checked.',
            'Call check_discount_code first.'
        );
    end if;

    offer := private.offered_discount(named_code, p_learner, p_price);
    if offer.code_id is null then
        perform private.refuse_code();
    end if;
    return offer;
end;
$$;

-- Reserves a discount for a booking or a purchase. The code is locked and checked again, so that of two learners only one
-- gets its last use. The caller has locked the learner's rows, so that one person's uses follow one another. For a referral,
-- the codes of the referred person are locked too, so that two people cannot refer each other in a race.
create function private.reserve_discount(
    p_offer private.code_offer,
    p_learner public.learners,
    p_price private.price,
    p_booking_id uuid,
    p_credit_id uuid
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_offer.kind = 'discount' then
        perform from public.discount_codes where id = p_offer.code_id for no key update;
    elsif p_offer.kind = 'referral' then
        perform
        from public.referral_codes code
        join public.learners learner on learner.org_id = code.org_id and learner.id = code.referrer_id
        where code.id = p_offer.code_id
            or learner.id = p_learner.id
            or learner.user_id = p_learner.user_id
        order by code.id
        for no key update of code;
    end if;
    if (private.offered_discount(p_offer, p_learner, p_price)).discount_cents is distinct from p_offer.discount_cents then
        perform private.refuse_code();
    end if;

    insert into public.code_redemptions (
        org_id, kind, discount_code_id, referral_code_id, learner_id, learner_person_id, booking_id, credit_id,
        currency, discount_cents
    )
    values (
        p_learner.org_id,
        p_offer.kind,
        case p_offer.kind when 'discount' then p_offer.code_id end,
        case p_offer.kind when 'referral' then p_offer.code_id end,
        p_learner.id,
        coalesce(p_learner.user_id, p_learner.id),
        p_booking_id,
        p_credit_id,
        p_price.currency,
        p_offer.discount_cents
    );
end;
$$;

-- Refuses a code that takes nothing off, without saying why, so that nobody can learn about other people's codes.
create function private.refuse_code()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'code_not_valid',
        'This code cannot be used here.',
        'Book without it, or use another code.'
    );
end;
$$;

-- sql/35_discounts/50_redeem.sql
-- Redeems or releases the discount reserved for a booking or a purchase, if there is one. Payments (60) call it when a payment
-- succeeds or can no longer succeed. Redeemed rewards leave the learner's account and lower the cost of promotions: it was
-- recorded when they were granted, and the discount is recorded as a cost of its own.
create function private.finish_redemption(p_booking_id uuid, p_credit_id uuid, p_status public.redemption_status)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    redemption public.code_redemptions;
begin
    update public.code_redemptions
    set status = p_status
    where (booking_id = p_booking_id or credit_id = p_credit_id)
        and status = 'reserved'
    returning * into redemption;

    if redemption.kind = 'reward' and p_status = 'redeemed' then
        perform private.post_transaction(
            redemption.org_id, 'reward_spent', 'code_redemption', redemption.id, format('redemption:%s:spent', redemption.id),
            redemption.currency, private.clock(),
            array[
                row('learner_rewards', redemption.learner_id, redemption.discount_cents),
                row('promotions', null, -redemption.discount_cents)
            ]::private.posting[]
        );
    end if;
end;
$$;

-- Keeps uses_count equal to the number of reserved and redeemed discounts of a code, whoever writes them. A check on the code
-- keeps uses_count within max_uses. Definer: the writer needs no access to codes.
create function private.count_redemption()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    change constant integer := (new.status <> 'released')::integer
        - (tg_op = 'UPDATE' and old.status <> 'released')::integer;
begin
    update public.discount_codes set uses_count = uses_count + change where id = new.discount_code_id and change <> 0;
    update public.referral_codes set uses_count = uses_count + change where id = new.referral_code_id and change <> 0;
    return null;
end;
$$;

create trigger count_redemption
    after insert or update of status on public.code_redemptions
    for each row execute function private.count_redemption();

-- sql/35_discounts/70_offers.sql
-- What a code, or the learner's rewards, take off a price at this instant; null if nothing. It is asked again when the discount
-- is reserved.
create function private.offered_discount(p_offer private.code_offer, p_learner public.learners, p_price private.price)
    returns private.code_offer
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    cents bigint := case p_offer.kind
        when 'discount'
            then private.discount_code_cents(p_offer.code_id, coalesce(p_learner.user_id, p_learner.id), p_price)
        when 'referral' then private.referral_code_cents(p_offer.code_id, p_learner, p_price)
        when 'reward' then private.usable_reward_cents(p_learner.id, p_price)
    end;
begin
    if cents is null then
        return null;
    end if;
    return row(p_offer.kind, p_offer.code_id, cents)::private.code_offer;
end;
$$;

-- The code with this text: the organization's own, else the whole platform's, else a learner's referral code there. Null if
-- there is none.
create function private.find_code(p_code text, p_org_id uuid)
    returns private.code_offer
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select row(found.kind, found.id, null)::private.code_offer
    from (
        select 'discount'::public.redemption_kind as kind, code.id, code.org_id is null as is_general
        from public.discount_codes code
        where lower(code.code) = lower(trim(p_code))
            and coalesce(code.org_id, p_org_id) = p_org_id
        union all
        select 'referral', code.id, true
        from public.referral_codes code
        where lower(code.code) = lower(trim(p_code))
            and code.org_id = p_org_id
    ) found
    order by found.is_general, found.kind
    limit 1;
$$;

-- What a discount code takes off a price for this person at this instant; null if the code has ended or its limits are
-- reached. At most the platform's fee, unless the code may exceed it; never more than the price.
create function private.discount_code_cents(p_discount_code_id uuid, p_learner_person_id uuid, p_price private.price)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select nullif(
            least(
                case
                    when code.amount_cents is null then private.bps_of(p_price.list_cents, code.discount_bps)
                    when code.currency = p_price.currency then code.amount_cents
                    else 0
                end,
                case when code.may_exceed_fee then p_price.share_cents + p_price.fee_cents else p_price.fee_cents end
            ),
            0
        )
        from public.discount_codes code
        where code.id = p_discount_code_id
            and code.is_active
            and code.starts_at <= private.clock()
            and (code.expires_at is null or private.clock() < code.expires_at)
            and (code.max_uses is null or code.uses_count < code.max_uses)
            and (not code.is_first_lesson_only or not private.has_learnt_before(p_learner_person_id))
            and code.max_uses_per_learner > (
                select count(*)
                from public.code_redemptions redemption
                where redemption.discount_code_id = code.id
                    and redemption.learner_person_id = p_learner_person_id
                    and redemption.status <> 'released'
            )
    );
end;
$$;

-- Whether this person has had a lesson before, in any organization.
create function private.has_learnt_before(p_learner_person_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.learners learner
        where (learner.user_id = p_learner_person_id or learner.id = p_learner_person_id)
            and learner.lesson_count > 0
    );
$$;

-- sql/35_discounts/71_referral_discounts.sql
-- What a referral code takes off the price of a learner's first lesson, at most the platform's fee; null if nothing.
-- The code does not count for its own referrer, for the referrer's wards, or for anybody who referred the referrer, directly
-- or through others: the recursive query walks up that chain.
create function private.referral_code_cents(p_referral_code_id uuid, p_learner public.learners, p_price private.price)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    with recursive referrer (person_id, user_id) as (
        select coalesce(learner.user_id, learner.id), learner.user_id
        from public.referral_codes code
        join public.learners learner on learner.org_id = code.org_id and learner.id = code.referrer_id
        where code.id = p_referral_code_id
        union
        select coalesce(learner.user_id, learner.id), learner.user_id
        from referrer referred
        join public.code_redemptions redemption
            on redemption.learner_person_id = referred.person_id
            and redemption.kind = 'referral'
            and redemption.status <> 'released'
        join public.referral_codes code on code.org_id = redemption.org_id and code.id = redemption.referral_code_id
        join public.learners learner on learner.org_id = code.org_id and learner.id = code.referrer_id
    )

    select nullif(
        least(
            private.bps_of(p_price.list_cents, code.discount_bps),
            p_price.fee_cents
        ),
        0
    )
    from public.referral_codes code
    where code.id = p_referral_code_id
        and code.is_active
        and (code.expires_at is null or private.clock() < code.expires_at)
        and (code.max_uses is null or code.uses_count < code.max_uses)
        and not private.has_learnt_before(coalesce(p_learner.user_id, p_learner.id))
        and not exists (
            select
            from public.code_redemptions redemption
            where redemption.learner_person_id = coalesce(p_learner.user_id, p_learner.id)
                and redemption.kind = 'referral'
                and redemption.status <> 'released'
        )
        and not exists (
            select
            from referrer
            where referrer.person_id = coalesce(p_learner.user_id, p_learner.id)
                or p_learner.id = any (
                    private.ward_ids(referrer.user_id, 'view')
                    || private.ward_ids(referrer.user_id, 'book')
                    || private.ward_ids(referrer.user_id, 'pay')
                )
        );
$$;

-- sql/35_discounts/72_rewards.sql
-- A learner's rewards that were granted and not yet spent, clawed back or reserved; never negative.
create function private.available_reward_cents(p_learner_id uuid, p_currency text)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select greatest(
        coalesce(
            (
                select -account.balance_cents
                from public.learners learner
                join private.ledger_accounts account
                    on account.org_id = learner.org_id
                    and account.kind = 'learner_rewards'
                    and account.owner_id = learner.id
                    and account.currency = p_currency
                where learner.id = p_learner_id
            ),
            0
        ) - (
            select coalesce(sum(redemption.discount_cents), 0)
            from public.code_redemptions redemption
            where redemption.learner_id = p_learner_id
                and redemption.currency = p_currency
                and redemption.kind = 'reward'
                and redemption.status = 'reserved'
        ),
        0
    )::bigint;
$$;

-- What of the available rewards can be taken off a price; null if nothing. The rest to pay is either nothing or at least the
-- smallest amount that a card can pay.
create function private.usable_reward_cents(p_learner_id uuid, p_price private.price)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select nullif(
        case
            when usable.cents < usable.total_cents and usable.total_cents - usable.cents < currency.minimum_charge_cents
                then greatest(usable.total_cents - currency.minimum_charge_cents, 0)
            else usable.cents
        end,
        0
    )
    from (
        select
            p_price.share_cents + p_price.fee_cents as total_cents,
            least(
                private.available_reward_cents(p_learner_id, p_price.currency),
                p_price.share_cents + p_price.fee_cents
            ) as cents
    ) usable
    join private.currencies currency on currency.code = p_price.currency;
$$;

-- sql/35_discounts/80_api.sql
create function public.check_discount_code(
    p_code text,
    p_service_id uuid,
    p_instructor_id uuid default null,
    p_start_at timestamptz default null,
    p_learner_id uuid default null
)
    returns table (is_valid boolean, discount_cents bigint, total_cents bigint, currency text)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select answer.is_valid, answer.discount_cents, answer.total_cents, answer.currency
    from private.check_discount_code(p_code, p_service_id, p_instructor_id, p_start_at, p_learner_id) answer;
end;

comment on function public.check_discount_code is
    'What a discount or referral code takes off a lesson, and what is left to pay, in the minor unit. is_valid is false for any code that '
    'the learner cannot use now, whatever the reason. Whoever books with a code must have checked it within the last day. '
    'Errors: sign_in_required, service_not_found, not_yourself, not_a_learner_here, consent_required, too_many_guesses.';

create function public.create_referral_code(p_org_id uuid default null)
    returns table (code text, discount_bps integer, reward_cents bigint, currency text)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select made.code, made.discount_bps, made.reward_cents, made.currency
    from private.create_referral_code(p_org_id) made;
end;

comment on function public.create_referral_code is
    'Returns the caller''s own referral code in an organization (default: the marketplace), the same one each time. Another person who uses it '
    'gets discount_bps of the list price off the first lesson, and the caller gets reward_cents once that lesson is completed and paid. '
    'Errors: sign_in_required, not_a_learner_here, no_referral_programme.';

create function public.admin_create_discount_code(
    p_code text,
    p_reason text,
    p_org_id uuid default null,
    p_amount_cents bigint default null,
    p_currency text default null,
    p_discount_bps integer default null,
    p_may_exceed_fee boolean default false,
    p_max_uses integer default null,
    p_max_uses_per_learner integer default 1,
    p_is_first_lesson_only boolean default false,
    p_starts_at timestamptz default null,
    p_expires_at timestamptz default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_create_discount_code(
    row(
        null, p_org_id, p_code, p_amount_cents, p_currency, p_discount_bps, p_may_exceed_fee, p_max_uses, null,
        p_max_uses_per_learner, p_is_first_lesson_only, p_starts_at, p_expires_at, null, null, null
    )::public.discount_codes,
    p_reason
);

comment on function public.admin_create_discount_code is
    'Adds a discount code, which the platform pays for, and returns its id; for platform admins. Give either p_amount_cents with p_currency, or '
    'p_discount_bps. Without p_org_id the code can be used everywhere. Errors: not_an_admin, reason_required, unknown_currency, '
    'organization_not_found, code_exists, value_missing, and the rules of public.discount_codes.';

create function public.admin_end_discount_code(p_discount_code_id uuid, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_end_discount_code(p_discount_code_id, p_reason);

comment on function public.admin_end_discount_code is
    'Ends a discount code for new bookings; for platform admins. Errors: not_an_admin, reason_required, code_not_found.';

-- sql/35_discounts/90_access.sql
-- NOTE: no user may read discount codes, and learners read only their own referral code: codes can never be listed.
grant select on public.discount_codes to service_role;

create policy select_own on public.referral_codes
    for select
    to authenticated
    using (referrer_id = any ((select private.my_learner_ids())::uuid[]));

grant select on public.referral_codes to authenticated, service_role;

create policy select_party on public.code_redemptions
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.code_redemptions to authenticated, service_role;

grant execute on function private.check_discount_code to authenticated;
grant execute on function public.check_discount_code to authenticated;
grant execute on function private.create_referral_code to authenticated;
grant execute on function public.create_referral_code to authenticated;
grant execute on function private.admin_create_discount_code to authenticated;
grant execute on function public.admin_create_discount_code to authenticated;
grant execute on function private.admin_end_discount_code to authenticated;
grant execute on function public.admin_end_discount_code to authenticated;

-- sql/40_availability/10_tables.sql
-- Availability: when instructors are open, which times they offer, and when they are busy.
--
-- Opening hours are weekly windows plus exceptions for single dates, in local time (70_opening_hours.sql turns them into
-- instants, across changes of the clocks). Frontends list what is open by list_open_slots of 50_bookings; an instructor may
-- also publish times as slots, which then have an id that a booking can name (30_publish.sql).
-- A booking takes a seat of a slot, and the slot then occupies the instructor's calendar (40_occupy.sql): the exclusion
-- constraint instructor_is_never_double_booked is what finally rules out that one person gives two lessons at once.
--
-- Called by bookings (50), which list and take slots. Instructors and their schools' admins write windows and exceptions
-- directly (90_access.sql), and publish and withdraw slots through 80_api.sql.

create table public.availability_windows (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    instructor_id uuid not null,
    day_of_week smallint not null,
    start_time time not null,
    end_time time not null,
    time_zone text not null,
    effective_from date,
    effective_to date,
    is_active boolean not null default true,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint day_is_a_weekday check (day_of_week between 0 and 6),
    constraint window_is_not_empty check (start_time <> end_time and start_time < time '24:00'),
    constraint time_zone_is_known check (private.is_time_zone(time_zone)),
    constraint end_is_not_before_start check (effective_from <= effective_to)
);

create index on public.availability_windows (org_id, instructor_id, day_of_week);
create index on public.availability_windows (instructor_id);

comment on table public.availability_windows is 'Weekly opening hours of an instructor, in local time.';
comment on column public.availability_windows.day_of_week is '0 is Sunday, 6 is Saturday: the day on which the window starts.';
comment on column public.availability_windows.end_time is 'Local time. At or before start_time, it is on the next day.';
comment on column public.availability_windows.org_id is 'The instructor''s, if left out.';
comment on column public.availability_windows.time_zone is 'The instructor''s, if left out.';

create table public.availability_exceptions (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    instructor_id uuid not null,
    on_date date not null,
    is_available boolean not null,
    start_time time not null default time '00:00',
    end_time time not null default time '24:00',
    time_zone text not null,
    note text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint date_is_plausible check (on_date between date '2000-01-01' and date '2100-01-01'),
    constraint exception_is_not_empty check (start_time <> end_time and start_time < time '24:00'),
    constraint time_zone_is_known check (private.is_time_zone(time_zone)),
    constraint note_is_short check (length(note) <= 1000)
);

create index on public.availability_exceptions (org_id, instructor_id);
create index on public.availability_exceptions (instructor_id, on_date);

comment on table public.availability_exceptions is
    'A change to the opening hours on one date: a range of times that is closed, or one that is opened in addition. A date may have several.';
comment on column public.availability_exceptions.is_available is
    'True: the instructor is open at these times, outside the weekly windows too. False: closed.';
comment on column public.availability_exceptions.end_time is 'Local time. At or before start_time, it is on the next day.';
comment on column public.availability_exceptions.org_id is 'The instructor''s, if left out.';
comment on column public.availability_exceptions.time_zone is 'The instructor''s, if left out.';

create table public.bookable_slots (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    service_id uuid not null,
    instructor_id uuid not null,
    availability_window_id uuid,
    start_at timestamptz not null,
    end_at timestamptz not null,
    max_bookings integer not null default 1,
    current_bookings integer not null default 0,
    is_published boolean not null default true,
    is_withdrawn_when_free boolean not null default false,
    is_available boolean not null generated always as (is_published and current_bookings < max_bookings) stored,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (instructor_id, service_id, start_at),
    foreign key (org_id, service_id) references public.services (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, availability_window_id) references public.availability_windows (org_id, id)
        on delete set null (availability_window_id),
    constraint end_is_after_start check (start_at < end_at),
    constraint slot_is_at_most_a_day check (end_at <= start_at + interval '24 hours'),
    constraint seats_are_never_oversold check (current_bookings between 0 and max_bookings),
    constraint only_published_slots_can_be_withdrawn check (is_published or not is_withdrawn_when_free)
);

create index on public.bookable_slots (org_id, service_id, start_at);
create index on public.bookable_slots (org_id, instructor_id, start_at);
create index on public.bookable_slots (org_id, availability_window_id);
create index on public.bookable_slots (service_id, start_at) where is_available;
create index on public.bookable_slots (start_at, end_at);

comment on table public.bookable_slots is
    'A bookable time of a service. Instructors publish slots; booking a listed time that was not published makes one. Bookings take its seats.';
comment on column public.bookable_slots.is_published is 'Whether it is offered under its own id; false if it was withdrawn, or made by a booking.';
comment on column public.bookable_slots.is_withdrawn_when_free is
    'It was withdrawn while booked: it stays published until its last booking ends, and is withdrawn then.';
comment on column public.bookable_slots.current_bookings is
    'Seats taken, by bookings that are neither cancelled nor declined nor expired. Kept up to date with every change of a booking''s status.';
comment on column public.bookable_slots.is_available is
    'Whether a seat is left. The instructor may still be busy with another service, which only booking finds out.';

create table private.instructor_calendar (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    instructor_id uuid not null,
    person_id uuid not null,
    slot_id uuid unique,
    during tstzrange not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, slot_id) references public.bookable_slots (org_id, id) on delete restrict,
    constraint time_is_not_empty check (not isempty(during)),
    constraint instructor_is_never_double_booked exclude using gist (person_id with =, during with &&)
);

create index on private.instructor_calendar (org_id, instructor_id);
create index on private.instructor_calendar (org_id, slot_id);

comment on table private.instructor_calendar is
    'When an instructor is busy: one row for each taken slot, buffers included, or for a time blocked by hand, which has no slot.';
comment on column private.instructor_calendar.person_id is
    'The instructor''s login, else the instructor''s id. So a person who teaches in two organizations has one calendar.';

alter table public.availability_windows enable row level security;
alter table public.availability_exceptions enable row level security;
alter table public.bookable_slots enable row level security;
alter table private.instructor_calendar enable row level security;

create trigger touch_updated_at
    before update on public.availability_windows
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.availability_exceptions
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.bookable_slots
    for each row execute function private.touch_updated_at();

select private.audit_table('public.availability_windows', 'id');

select private.audit_table('public.availability_exceptions', 'id', '{note}');

-- NOTE: slots and the calendar are not audited: they follow from windows and bookings, which are.

-- sql/40_availability/20_windows.sql
-- Fills in the organization and the time zone from the instructor where the writer left them out.
-- Definer: the writer need not be able to read the instructor's row.
create function private.fill_availability_defaults()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    select * into instructor from public.instructors where id = new.instructor_id;
    new.org_id := coalesce(new.org_id, instructor.org_id);
    new.time_zone := coalesce(new.time_zone, instructor.time_zone);
    return new;
end;
$$;

create trigger fill_availability_defaults
    before insert on public.availability_windows
    for each row execute function private.fill_availability_defaults();

create trigger fill_availability_defaults
    before insert on public.availability_exceptions
    for each row execute function private.fill_availability_defaults();

-- When opening hours change, withdraws the published future slots for which the instructor is no longer open. A free slot is
-- withdrawn at once, a booked one when it becomes free. Slots are locked in the order of their times, like everywhere.
-- Definer: slots change only through functions.
create function private.withdraw_stale_slots()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    changed_instructor_id uuid := case tg_op when 'DELETE' then old.instructor_id else new.instructor_id end;
    first_at timestamptz;
    last_at timestamptz;
begin
    select min(slot.start_at), max(slot.start_at)
    into first_at, last_at
    from public.bookable_slots slot
    where slot.instructor_id = changed_instructor_id
        and slot.start_at > private.clock()
        and slot.is_published;

    perform
    from public.bookable_slots slot
    where slot.instructor_id = changed_instructor_id
        and slot.start_at between first_at and last_at
        and slot.is_published
    order by slot.start_at, slot.id
    for no key update;

    with opening as materialized (
        select hours.opens_at, hours.closes_at
        from private.opening_hours(changed_instructor_id, first_at, last_at) hours
    )

    update public.bookable_slots slot
    set is_published = slot.current_bookings > 0,
        is_withdrawn_when_free = slot.current_bookings > 0
    where slot.instructor_id = changed_instructor_id
        and slot.start_at between first_at and last_at
        and slot.is_published
        and not slot.is_withdrawn_when_free
        and (
            (select private.closed_times(changed_instructor_id, first_at, last_at)) && tstzrange(slot.start_at, slot.end_at)
            or not exists (
                select
                from opening
                where opening.opens_at <= slot.start_at
                    and opening.closes_at >= slot.end_at
            )
        );
    return null;
end;
$$;

create trigger withdraw_stale_slots
    after update or delete on public.availability_windows
    for each row execute function private.withdraw_stale_slots();

create trigger withdraw_stale_slots
    after insert or update or delete on public.availability_exceptions
    for each row execute function private.withdraw_stale_slots();

-- sql/40_availability/30_publish.sql
-- Publishes the times of an instructor's opening hours as slots of a service, within the booking horizon, and returns how many
-- are new. Calling it again adds only missing slots; a withdrawn slot is published again, with the service's present length
-- and seats unless it is booked. Definer: slots change only through functions, so that they fit the opening hours.
create function private.publish_slots(
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_instructor_id uuid
)
    returns integer
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors := private.require_publishing_instructor(p_service_id, p_instructor_id);
    published integer;
begin
    perform private.assert_time_range(p_from, p_to, 400);
    if p_to <= private.clock() or p_to > private.clock() + make_interval(hours => 24 * instructor.horizon_days) then
        perform private.refuse(
            'PT422', 'bad_time_range',
            format('Times can be published for the next %s days.', instructor.horizon_days),
            'Send a p_to in the future, within that horizon.'
        );
    end if;

    insert into public.bookable_slots as slot (
        org_id, service_id, instructor_id, availability_window_id, start_at, end_at, max_bookings
    )
    select
        service.org_id, service.id, instructor.id,
        slot_time.availability_window_id, slot_time.start_at, slot_time.end_at, service.max_participants
    from public.services service
    cross join private.slot_times(service.id, instructor.id, greatest(p_from, private.clock()), p_to) slot_time
    where service.id = p_service_id
        and slot_time.start_at > private.clock()
    on conflict (instructor_id, service_id, start_at) do update
        set is_published = true,
            is_withdrawn_when_free = false,
            availability_window_id = excluded.availability_window_id,
            end_at = case slot.current_bookings when 0 then excluded.end_at else slot.end_at end,
            max_bookings = case slot.current_bookings when 0 then excluded.max_bookings else slot.max_bookings end
        where not slot.is_published
            or slot.is_withdrawn_when_free;

    get diagnostics published = row_count;
    return published;
end;
$$;

-- Withdraws the published slots of a service and returns how many; a booked slot is withdrawn when it becomes free. Slots are
-- locked in the order of their times, as a series of bookings locks them, so that the two cannot deadlock.
-- Definer: slots change only through functions.
create function private.unpublish_slots(
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_instructor_id uuid
)
    returns integer
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors := private.require_publishing_instructor(p_service_id, p_instructor_id);
    withdrawn integer;
begin
    perform private.assert_time_range(p_from, p_to, 400);

    perform
    from public.bookable_slots slot
    where slot.service_id = p_service_id
        and slot.instructor_id = instructor.id
        and slot.is_published
        and slot.start_at >= greatest(p_from, private.clock())
        and slot.start_at < p_to
    order by slot.start_at, slot.id
    for no key update;

    with changed as (
        update public.bookable_slots slot
        set is_published = slot.current_bookings > 0,
            is_withdrawn_when_free = slot.current_bookings > 0
        where slot.service_id = p_service_id
            and slot.instructor_id = instructor.id
            and slot.is_published
            and not slot.is_withdrawn_when_free
            and slot.start_at >= greatest(p_from, private.clock())
            and slot.start_at < p_to
        returning slot.is_published
    )

    select count(*) into withdrawn
    from changed
    where not changed.is_published;
    return withdrawn;
end;
$$;

-- Returns the instructor whose times the caller publishes: the caller, or an instructor of a school that the caller
-- administers. p_instructor_id may be null for a service that has its own instructor.
create function private.require_publishing_instructor(p_service_id uuid, p_instructor_id uuid)
    returns public.instructors
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    perform private.require_person();

    select candidate.* into instructor
    from public.services service
    join public.instructors candidate
        on candidate.org_id = service.org_id
        and candidate.id = coalesce(p_instructor_id, service.instructor_id)
    where service.id = p_service_id
        and (service.instructor_id is null or service.instructor_id = candidate.id)
        and (candidate.user_id = private.my_user_id() or candidate.org_id = any (private.my_admin_org_ids()));

    if not found then
        perform private.refuse(
            'PT404', 'service_not_found',
            'You cannot publish times for such a service.',
            'Check the service, and name the instructor if the school offers it.'
        );
    end if;
    return instructor;
end;
$$;

-- Refuses a range of times that is empty, endless or longer than p_max_days. list_open_slots uses it too.
create function private.assert_time_range(p_from timestamptz, p_to timestamptz, p_max_days integer)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not coalesce(
        isfinite(p_from) and isfinite(p_to) and p_from < p_to and p_to <= p_from + make_interval(hours => 24 * p_max_days),
        false
    ) then
        perform private.refuse(
            'PT422', 'bad_time_range',
            format('The range of times must be at most %s days long.', p_max_days),
            'Send p_from before p_to, no further apart than that.'
        );
    end if;
end;
$$;

-- sql/40_availability/40_occupy.sql
-- Puts a slot into its instructor's calendar, buffers included. True if the slot is in the calendar afterwards; false if the
-- instructor is busy. It relies on "on conflict do nothing", because an insert that catches the violation deadlocks in a race.
-- The instructor's row is locked, because accepting an invitation would change person_id. Called when a booking takes a seat.
create function private.occupy_instructor(p_slot public.bookable_slots)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into private.instructor_calendar (org_id, instructor_id, person_id, slot_id, during)
    select
        instructor.org_id,
        instructor.id,
        coalesce(instructor.user_id, instructor.id),
        p_slot.id,
        tstzrange(
            p_slot.start_at - make_interval(mins => instructor.buffer_before_minutes),
            p_slot.end_at + make_interval(mins => instructor.buffer_after_minutes)
        )
    from public.instructors instructor
    where instructor.org_id = p_slot.org_id
        and instructor.id = p_slot.instructor_id
    for key share
    on conflict do nothing;

    return found or (
        p_slot.max_bookings > 1
        and exists (
            select
            from private.instructor_calendar calendar
            where calendar.org_id = p_slot.org_id
                and calendar.slot_id = p_slot.id
        )
    );
end;
$$;

-- A booked slot keeps its time, service and instructor, in Studio too: its bookings and the calendar copied them.
-- Definer: the writer may have no access to private.
create function private.forbid_moving_taken_slot()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if old.current_bookings > 0
        and (new.start_at, new.end_at, new.service_id, new.instructor_id)
            <> (old.start_at, old.end_at, old.service_id, old.instructor_id)
    then
        perform private.refuse(
            'PT409', 'slot_is_booked',
            'This slot is booked, so its time, service and instructor cannot change.',
            'Publish another slot, and reschedule the booking to it.'
        );
    end if;
    return new;
end;
$$;

create trigger forbid_moving_taken_slot
    before update on public.bookable_slots
    for each row execute function private.forbid_moving_taken_slot();

-- sql/40_availability/70_opening_hours.sql
-- The times at which a service could start within an instructor's opening hours, between two instants; whether the instructor
-- is busy plays no part. Neighbouring times leave room for both buffers. A local time that the clocks skip is left out, and
-- one that occurs twice counts as the second, in standard time; where the clocks skip an hour, a time that would start before
-- the previous lesson has ended is left out too.
create function private.slot_times(
    p_service_id uuid,
    p_instructor_id uuid,
    p_from timestamptz,
    p_to timestamptz
)
    returns table (start_at timestamptz, end_at timestamptz, availability_window_id uuid)
    language plpgsql
    stable
    security invoker
    rows 200
    set search_path = '', pg_temp
as $$
declare
    closed constant tstzmultirange := private.closed_times(p_instructor_id, p_from, p_to);
    duration interval;
    step interval;
begin
    select
        make_interval(mins => service.duration_minutes),
        make_interval(
            mins => service.duration_minutes + instructor.buffer_before_minutes + instructor.buffer_after_minutes
        )
    into duration, step
    from public.services service
    join public.instructors instructor on instructor.id = p_instructor_id
    where service.id = p_service_id;

    return query
    with existing as (
        select
            candidate.start_at,
            opening.availability_window_id,
            lag(candidate.start_at) over (
                partition by opening.availability_window_id, opening.local_open, opening.time_zone
                order by candidate.start_at
            ) as previous_start_at
        from private.opening_hours(p_instructor_id, p_from, p_to) opening
        cross join lateral generate_series(
            opening.local_open, opening.local_close - duration, step
        ) start_series (local_time)
        cross join lateral (
            select start_series.local_time at time zone opening.time_zone as start_at
        ) candidate
        where candidate.start_at at time zone opening.time_zone = start_series.local_time
            and candidate.start_at + duration <= opening.closes_at
    )

    select distinct on (existing.start_at)
        existing.start_at,
        existing.start_at + duration,
        existing.availability_window_id
    from existing
    where existing.start_at >= p_from
        and existing.start_at < p_to
        and coalesce(existing.start_at >= existing.previous_start_at + step, true)
        and not closed && tstzrange(existing.start_at, existing.start_at + duration)
    order by existing.start_at, existing.availability_window_id;
end;
$$;

-- When an instructor is open between two instants, by weekly windows and by exceptions that open a time. It goes through local
-- dates, so that nine o'clock stays nine o'clock when the clocks change.
create function private.opening_hours(p_instructor_id uuid, p_from timestamptz, p_to timestamptz)
    returns table (
        availability_window_id uuid,
        time_zone text,
        local_open timestamp,
        local_close timestamp,
        opens_at timestamptz,
        closes_at timestamptz
    )
    language plpgsql
    stable
    security invoker
    rows 50
    set search_path = '', pg_temp
as $$
begin
    return query
    with opening (window_id, zone, on_date, start_time, end_time) as (
        select availability.id, availability.time_zone, day.local_date, availability.start_time, availability.end_time
        from public.availability_windows availability
        cross join lateral (
            select (p_from at time zone availability.time_zone)::date - 1 + step.days as local_date
            from generate_series(
                0,
                (p_to at time zone availability.time_zone)::date - (p_from at time zone availability.time_zone)::date + 1
            ) step (days)
        ) day
        where availability.instructor_id = p_instructor_id
            and availability.is_active
            and extract(dow from day.local_date) = availability.day_of_week
            and day.local_date >= coalesce(availability.effective_from, day.local_date)
            and day.local_date <= coalesce(availability.effective_to, day.local_date)
        union all
        select null, opened.time_zone, opened.on_date, opened.start_time, opened.end_time
        from public.availability_exceptions opened
        where opened.instructor_id = p_instructor_id
            and opened.is_available
            and opened.on_date between (p_from at time zone opened.time_zone)::date - 1
            and (p_to at time zone opened.time_zone)::date
    ),

    local as (
        select
            opening.window_id,
            opening.zone,
            opening.on_date + opening.start_time as opens,
            opening.on_date + opening.end_time + private.next_day_offset(opening.start_time, opening.end_time) as closes
        from opening
    )

    select
        local.window_id, local.zone, local.opens, local.closes,
        private.as_instant(local.opens, local.zone), private.as_instant(local.closes, local.zone)
    from local;
end;
$$;

-- The times that an instructor has closed by exceptions, as ranges of instants.
create function private.closed_times(p_instructor_id uuid, p_from timestamptz, p_to timestamptz)
    returns tstzmultirange
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(
        (
            select range_agg(
                tstzrange(
                    private.as_instant(closed.on_date + closed.start_time, closed.time_zone),
                    private.as_instant(
                        closed.on_date + closed.end_time + private.next_day_offset(closed.start_time, closed.end_time),
                        closed.time_zone
                    )
                )
            )
            from public.availability_exceptions closed
            where closed.instructor_id = p_instructor_id
                and not closed.is_available
                and closed.on_date between (p_from at time zone closed.time_zone)::date - 2
                and (p_to at time zone closed.time_zone)::date + 1
        ),
        '{}'
    );
end;
$$;

-- One day if a range of local times ends on the day after it starts, else nothing.
create function private.next_day_offset(p_start_time time, p_end_time time)
    returns interval
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case when p_end_time <= p_start_time then interval '1 day' else interval '0' end;
end;
$$;

-- The instant of a local time. A local time that occurs twice is the second; one that the clocks skip is the moment of the
-- skip. So a range of local times never ends before it starts.
create function private.as_instant(p_local_time timestamp, p_time_zone text)
    returns timestamptz
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    nominal constant timestamptz := p_local_time at time zone p_time_zone;
    skipped constant interval := (nominal at time zone p_time_zone) - p_local_time;
begin
    if skipped = interval '0' then
        return nominal;
    end if;
    return (
        select min(moment)
        from generate_series(nominal - skipped, nominal, interval '1 minute') moment
        where moment at time zone p_time_zone >= p_local_time
    );
end;
$$;

-- sql/40_availability/80_api.sql
create function public.publish_slots(
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_instructor_id uuid default null
)
    returns integer
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.publish_slots(p_service_id, p_from, p_to, p_instructor_id);

comment on function public.publish_slots is
    'Publishes the times of the instructor''s opening hours from p_from (inclusive) to p_to (exclusive) as slots of a service, and returns '
    'how many are new. p_instructor_id is needed for a service that any instructor of the school gives. '
    'Errors: sign_in_required, service_not_found, bad_time_range.';

create function public.unpublish_slots(
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_instructor_id uuid default null
)
    returns integer
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.unpublish_slots(p_service_id, p_from, p_to, p_instructor_id);

comment on function public.unpublish_slots is
    'Withdraws the free slots of a service from p_from (inclusive) to p_to (exclusive) and returns how many. A booked slot is withdrawn '
    'when it becomes free. '
    'Errors: sign_in_required, service_not_found, bad_time_range.';

-- sql/40_availability/90_access.sql
create policy select_own_or_admin on public.availability_windows
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy insert_own_or_admin on public.availability_windows
    for insert
    to authenticated
    with check (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.availability_windows
    for update
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy delete_own_or_admin on public.availability_windows
    for delete
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select, delete on public.availability_windows to authenticated;
grant insert (
    org_id, instructor_id, day_of_week, start_time, end_time, time_zone, effective_from, effective_to, is_active
) on public.availability_windows to authenticated;
grant update (day_of_week, start_time, end_time, time_zone, effective_from, effective_to, is_active)
    on public.availability_windows to authenticated;
grant select on public.availability_windows to service_role;

create policy select_own_or_admin on public.availability_exceptions
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy insert_own_or_admin on public.availability_exceptions
    for insert
    to authenticated
    with check (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own_or_admin on public.availability_exceptions
    for update
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy delete_own_or_admin on public.availability_exceptions
    for delete
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select, delete on public.availability_exceptions to authenticated;
grant insert (org_id, instructor_id, on_date, is_available, start_time, end_time, time_zone, note)
    on public.availability_exceptions to authenticated;
grant update (on_date, is_available, start_time, end_time, time_zone, note) on public.availability_exceptions to authenticated;
grant select on public.availability_exceptions to service_role;

create policy select_free on public.bookable_slots
    for select
    to anon
    using (is_available);

create policy select_free_own_or_member on public.bookable_slots
    for select
    to authenticated
    using (
        is_available
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or instructor_id = any ((select private.my_contact_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.bookable_slots to anon, authenticated, service_role;
-- NOTE: no write is granted: publish_slots and bookings write slots.

grant execute on function private.publish_slots to authenticated;
grant execute on function public.publish_slots to authenticated;
grant execute on function private.unpublish_slots to authenticated;
grant execute on function public.unpublish_slots to authenticated;

-- sql/45_credits/10_tables.sql
-- Credits: minutes that a learner buys ahead with one instructor.
--
-- A purchase makes a lot (20_buy.sql), which is pending until it is paid. A booking that is paid by prepaid minutes reserves
-- minutes of one or more lots, oldest first; when the booking ends, they are consumed or restored (40_consume.sql). Minutes
-- can also be refunded (64_cancellations), lost in a dispute (62_disputes), or expire (50_expire.sql).
-- Every change goes through add_credit_entry (30_entries.sql), with its part of the price: parts are cumulative, so that all
-- parts of a lot sum to its price exactly (70_parts.sql).
--
-- Called by bookings (50), payments (60), disputes (62) and cancellations (64); learners buy through 80_api.sql.

create type public.credit_status as enum ('pending', 'active', 'frozen', 'closed', 'cancelled');
create type public.credit_entry_kind as enum (
    'purchase', 'reserve', 'restore', 'consume', 'refund', 'refund_failed', 'expire', 'dispute', 'dispute_reversed'
);

create table public.learner_credits (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    service_id uuid,
    currency text not null,
    minutes_purchased integer not null,
    minutes_reserved integer not null default 0,
    minutes_used integer not null default 0,
    minutes_refunded integer not null default 0,
    minutes_left integer not null generated always as (
        minutes_purchased - minutes_reserved - minutes_used - minutes_refunded
    ) stored,
    price_cents bigint not null,
    discount_cents bigint not null,
    platform_fee_cents bigint not null,
    instructor_share_cents bigint not null,
    total_cents bigint not null,
    fee_mode public.fee_mode not null,
    fee_bps integer not null,
    is_fee_refundable boolean not null,
    taken_share_cents bigint not null default 0,
    taken_fee_cents bigint not null default 0,
    taken_discount_cents bigint not null default 0,
    status public.credit_status not null default 'pending',
    is_active boolean not null generated always as (status = 'active') stored,
    hold_expires_at timestamptz,
    activated_at timestamptz,
    expires_at timestamptz,
    client_key text,
    bought_by uuid references public.profiles (id) on delete set null,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (learner_id, client_key),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, service_id) references public.services (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint minutes_are_in_quarters check (minutes_purchased between 15 and 30000 and minutes_purchased % 15 = 0),
    constraint no_minute_is_used_twice check (
        least(minutes_reserved, minutes_used, minutes_refunded) >= 0
        and minutes_reserved + minutes_used + minutes_refunded <= minutes_purchased
    ),
    constraint amounts_are_not_negative check (
        least(price_cents, discount_cents, platform_fee_cents, instructor_share_cents, total_cents) >= 0
    ),
    constraint total_is_share_plus_fee_minus_discount check (
        total_cents = instructor_share_cents + platform_fee_cents - discount_cents
    ),
    constraint taken_parts_are_at_most_the_whole check (
        taken_share_cents between 0 and instructor_share_cents
        and taken_fee_cents between 0 and platform_fee_cents
        and taken_discount_cents between 0 and discount_cents
    ),
    constraint an_unpaid_purchase_has_a_deadline check (status <> 'pending' or hold_expires_at is not null),
    constraint paid_credit_has_its_activation_time check (status in ('pending', 'cancelled') or activated_at is not null),
    constraint client_key_is_short check (length(client_key) between 1 and 200)
);

create index on public.learner_credits (org_id, learner_id);
create index on public.learner_credits (org_id, instructor_id);
create index on public.learner_credits (org_id, service_id);
create index on public.learner_credits (learner_id, instructor_id, activated_at) where status = 'active';
create index on public.learner_credits (instructor_id);
create index on public.learner_credits (hold_expires_at) where status = 'pending';
create index on public.learner_credits (expires_at) where status = 'active';
create index on public.learner_credits (bought_by);

comment on table public.learner_credits is
    'A lot of minutes that a learner bought ahead with one instructor, at a frozen price. The oldest lot is used first.';
comment on column public.learner_credits.service_id is
    'The only service that these minutes pay for; null if they pay for lessons priced by the instructor''s hourly rate.';
comment on column public.learner_credits.price_cents is 'List price of all minutes, in the minor unit of currency, as all amounts here.';
comment on column public.learner_credits.total_cents is 'What the learner pays for all minutes: share + fee - discount.';
comment on column public.learner_credits.taken_share_cents is
    'The instructor''s part of the minutes that are reserved, used or refunded so far. It is cumulative, so rounding is made up by the last '
    'minutes.';
comment on column public.learner_credits.status is
    'pending until paid; active while its minutes can be used; frozen while its payment is disputed; closed after a dispute over all of it was '
    'lost; cancelled if it was not paid in time.';
comment on column public.learner_credits.is_active is 'Whether its status lets minutes be used.';

create table public.credit_entries (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    credit_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    kind public.credit_entry_kind not null,
    minutes integer not null,
    share_cents bigint not null,
    fee_cents bigint not null,
    discount_cents bigint not null,
    booking_id uuid,
    refund_id uuid,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, credit_id) references public.learner_credits (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint minutes_are_positive check (minutes > 0),
    constraint only_bookings_reserve_restore_and_consume check (
        (kind in ('reserve', 'restore', 'consume')) = (booking_id is not null)
    ),
    constraint only_refunds_have_a_refund check ((kind in ('refund', 'refund_failed')) = (refund_id is not null))
);

create index on public.credit_entries (org_id, credit_id);
create index on public.credit_entries (org_id, booking_id);
create index on public.credit_entries (org_id, refund_id);
create index on public.credit_entries (org_id, learner_id);
create index on public.credit_entries (org_id, instructor_id);
create index on public.credit_entries (learner_id);
create index on public.credit_entries (instructor_id);
create index on public.credit_entries (booking_id);

comment on table public.credit_entries is 'Every change of a lot''s minutes, with the part of the price that belongs to them. Append-only.';
comment on column public.credit_entries.share_cents is 'The instructor''s part of the price of these minutes.';

alter table public.code_redemptions
    add foreign key (org_id, credit_id) references public.learner_credits (org_id, id) on delete restrict;

create index on public.code_redemptions (org_id, credit_id);

create type private.credit_part as (
    credit_id uuid,
    minutes integer,
    share_cents bigint,
    fee_cents bigint,
    discount_cents bigint
);
comment on type private.credit_part is 'Some minutes of a lot, and the part of its price that belongs to them.';

alter table public.learner_credits enable row level security;
alter table public.credit_entries enable row level security;

create trigger enforce_status_transition
    before insert or update of status on public.learner_credits
    for each row execute function private.enforce_status_transition('credit');

create trigger touch_updated_at
    before update on public.learner_credits
    for each row execute function private.touch_updated_at();

create trigger forbid_change
    before update or delete on public.credit_entries
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.credit_entries
    for each statement execute function private.forbid_change();

select private.audit_table('public.learner_credits', 'id');

-- sql/45_credits/11_transitions.sql
-- A lot is pending until its payment succeeds, even one that arrives after the lot was cancelled for not being paid in time.
-- It is frozen while the payment is disputed, and closed once disputes over all of it are lost; if one of them is won after all, it is
-- active again.
--
-- credit:
--   · → pending: buy_credits (user, service, studio)
--   pending, cancelled → active: activate_credit (service, job)
--   pending → cancelled: expire_purchases (user, service, job, studio)
--   active → frozen, closed: take_lost_minutes (service, job)
--   frozen → active, closed: take_lost_minutes (service, job)
--   closed → active, frozen: take_lost_minutes (service, job)

insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('credit', 'new', 'pending', '{user,service,studio}'),
    ('credit', 'pending', 'active', '{service,job}'),
    ('credit', 'pending', 'cancelled', '{user,service,job,studio}'),
    ('credit', 'cancelled', 'active', '{service,job}'),
    ('credit', 'active', 'frozen', '{service,job}'),
    ('credit', 'active', 'closed', '{service,job}'),
    ('credit', 'frozen', 'active', '{service,job}'),
    ('credit', 'frozen', 'closed', '{service,job}'),
    ('credit', 'closed', 'active', '{service,job}'),
    ('credit', 'closed', 'frozen', '{service,job}');

-- sql/45_credits/20_buy.sql
-- Sells minutes with one instructor at today's price, as a lot to be paid within a day. Calling it again with the same client
-- key, instructor and minutes returns the same lot.
-- Definer: nobody may write lots directly.
create function private.buy_credits(
    p_instructor_id uuid,
    p_hours numeric,
    p_service_id uuid,
    p_learner_id uuid,
    p_code text,
    p_client_key text
)
    returns public.learner_credits
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    instructor public.instructors;
    service public.services;
    learner public.learners;
    minutes integer;
    price private.price;
    offer private.code_offer;
    credit public.learner_credits;
    broken_rule text;
begin
    select * into instructor
    from public.instructors
    where id = p_instructor_id
        and is_active
        and verification_status = 'verified';
    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'No instructor with this id sells hours.',
            'Choose another instructor.'
        );
    end if;
    if p_service_id is not null then
        service := private.require_offered_service(p_service_id, p_instructor_id);
    end if;
    minutes := private.require_credit_minutes(p_hours, service);
    learner := private.require_bookable_learner(
        case when p_learner_id is null then person end, p_learner_id, instructor.org_id
    );

    perform private.lock_learner(learner.id);
    credit := private.find_purchase_by_client_key(learner.id, p_client_key, instructor.id, p_service_id, minutes);
    if credit.id is not null then
        return credit;
    end if;

    price := private.price_credit(instructor, service, minutes);
    offer := private.require_discount(p_code, false, learner, price);
    price := private.discount_price(price, coalesce(offer.discount_cents, 0));
    perform private.assert_price_is_payable(price);
    if price.total_cents = 0 then
        perform private.refuse(
            'PT422', 'nothing_to_sell',
            'These hours cost nothing.',
            'Book the lessons directly.'
        );
    end if;

    insert into public.learner_credits (
        org_id, learner_id, instructor_id, service_id, currency, minutes_purchased,
        price_cents, discount_cents, platform_fee_cents, instructor_share_cents, total_cents, fee_mode, fee_bps,
        is_fee_refundable, hold_expires_at, client_key, bought_by
    )
    select
        instructor.org_id, learner.id, instructor.id, p_service_id, price.currency, minutes,
        price.list_cents, price.discount_cents, price.fee_cents, price.share_cents, price.total_cents,
        price.fee_mode, price.fee_bps,
        organization.fee_refundable, private.clock() + interval '24 hours', p_client_key, person
    from public.organizations organization
    where organization.id = instructor.org_id
    returning * into credit;

    if offer.kind is not null then
        perform private.reserve_discount(offer, learner, price, null, credit.id);
    end if;
    return credit;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
        return null;
end;
$$;

-- Converts hours to minutes. Hours are sold in quarters, at most 500 at once; for one service, in whole lessons.
create function private.require_credit_minutes(p_hours numeric, p_service public.services)
    returns integer
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_hours is null or p_hours in ('NaN', 'Infinity', '-Infinity')
        or p_hours <= 0 or p_hours > 500 or p_hours * 4 <> trunc(p_hours * 4)
    then
        perform private.refuse(
            'PT422', 'bad_hours',
            'Hours are sold in quarters, from a quarter to 500.',
            'Send p_hours such as 10 or 1.5.'
        );
    end if;
    if (p_hours * 60)::integer % p_service.duration_minutes <> 0 then
        perform private.refuse(
            'PT422', 'not_whole_lessons',
            format('This lesson takes %s minutes.', p_service.duration_minutes),
            'Buy as many hours as make whole lessons.'
        );
    end if;
    return (p_hours * 60)::integer;
end;
$$;

-- The lot that an earlier request with the same client key made, if there is one. Refuses a key that was used for another
-- purchase. The caller has locked the learner's rows.
create function private.find_purchase_by_client_key(
    p_learner_id uuid,
    p_client_key text,
    p_instructor_id uuid,
    p_service_id uuid,
    p_minutes integer
)
    returns public.learner_credits
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
begin
    select * into credit
    from public.learner_credits
    where learner_id = p_learner_id
        and client_key = p_client_key;
    if found and (credit.instructor_id, credit.service_id, credit.minutes_purchased)
        is distinct from (p_instructor_id, p_service_id, p_minutes)
    then
        perform private.refuse(
            'PT409', 'client_key_reused',
            'This p_client_key was used before, for another purchase.',
            'Send a new p_client_key for a new purchase.'
        );
    end if;
    return credit;
end;
$$;

-- The price of minutes with an instructor: as many lessons of a service at its price today, or the hourly rate.
create function private.price_credit(
    p_instructor public.instructors,
    p_service public.services,
    p_minutes integer
)
    returns private.price
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return private.price_for_instructor(
        p_instructor.id,
        coalesce(p_service.currency, p_instructor.currency),
        case
            when p_service.id is null then private.hourly_cents(p_instructor.hourly_rate_cents, p_minutes)
            else (private.price_service(p_service.id, p_instructor.id, private.clock())).list_cents
                * (p_minutes / p_service.duration_minutes)
        end
    );
end;
$$;

-- sql/45_credits/30_entries.sql
-- Changes a lot's minutes, with the part of the price that belongs to them: nothing else does. The update locks the lot, and a
-- check on it rules out that a minute is used twice.
create function private.add_credit_entry(
    p_part private.credit_part,
    p_kind public.credit_entry_kind,
    p_booking_id uuid,
    p_refund_id uuid
)
    returns public.credit_entries
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    entry public.credit_entries;
    -- What is added to the minutes reserved, used and refunded, and to the parts of the price that are taken.
    effect constant integer[] := case p_kind
        when 'reserve' then '{1,0,0,1}'
        when 'restore' then '{-1,0,0,-1}'
        when 'consume' then '{-1,1,0,0}'
        when 'refund' then '{0,0,1,1}'
        when 'dispute' then '{0,0,1,1}'
        when 'dispute_reversed' then '{0,0,-1,-1}'
        when 'refund_failed' then '{0,0,-1,-1}'
        when 'expire' then '{0,1,0,1}'
        else '{0,0,0,0}'
    end;
begin
    update public.learner_credits
    set minutes_reserved = minutes_reserved + effect[1] * p_part.minutes,
        minutes_used = minutes_used + effect[2] * p_part.minutes,
        minutes_refunded = minutes_refunded + effect[3] * p_part.minutes,
        taken_share_cents = taken_share_cents + effect[4] * p_part.share_cents,
        taken_fee_cents = taken_fee_cents + effect[4] * p_part.fee_cents,
        taken_discount_cents = taken_discount_cents + effect[4] * p_part.discount_cents
    where id = p_part.credit_id;

    insert into public.credit_entries (
        org_id, credit_id, learner_id, instructor_id, kind, minutes, share_cents, fee_cents, discount_cents, booking_id, refund_id
    )
    select
        credit.org_id, credit.id, credit.learner_id, credit.instructor_id, p_kind,
        p_part.minutes, p_part.share_cents, p_part.fee_cents, p_part.discount_cents, p_booking_id, p_refund_id
    from public.learner_credits credit
    where credit.id = p_part.credit_id
    returning * into entry;
    return entry;
end;
$$;

-- Restores to a lot some of the minutes that lost disputes have taken: with what is taken of the price so far, less what is taken
-- without them.
create function private.restore_lost_minutes(p_credit public.learner_credits, p_minutes integer)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    kept_minutes constant integer := p_credit.minutes_purchased - p_credit.minutes_left - p_minutes;
begin
    perform private.add_credit_entry(
        row(
            p_credit.id,
            p_minutes,
            greatest(p_credit.taken_share_cents - private.prorate(p_credit.instructor_share_cents, kept_minutes, p_credit.minutes_purchased), 0),
            greatest(p_credit.taken_fee_cents - private.prorate(p_credit.platform_fee_cents, kept_minutes, p_credit.minutes_purchased), 0),
            greatest(p_credit.taken_discount_cents - private.prorate(p_credit.discount_cents, kept_minutes, p_credit.minutes_purchased), 0)
        )::private.credit_part,
        'dispute_reversed', null, null
    );
end;
$$;

-- A lot keeps its parties, its minutes and its price from the moment it is made.
-- Definer: the writer may have no access to private.
create function private.forbid_credit_repricing()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if row(
        new.id, new.org_id, new.learner_id, new.instructor_id, new.service_id, new.currency, new.minutes_purchased,
        new.price_cents, new.discount_cents, new.platform_fee_cents, new.instructor_share_cents, new.total_cents,
        new.fee_mode, new.fee_bps, new.is_fee_refundable
    ) is distinct from row(
        old.id, old.org_id, old.learner_id, old.instructor_id, old.service_id, old.currency, old.minutes_purchased,
        old.price_cents, old.discount_cents, old.platform_fee_cents, old.instructor_share_cents, old.total_cents,
        old.fee_mode, old.fee_bps, old.is_fee_refundable
    ) then
        perform private.refuse(
            'PT409', 'credit_is_frozen',
            'Prepaid minutes keep their parties and their price.',
            'Refund these minutes, and buy others.'
        );
    end if;
    return new;
end;
$$;

create trigger forbid_credit_repricing
    before update on public.learner_credits
    for each row execute function private.forbid_credit_repricing();

-- sql/45_credits/40_consume.sql
-- Ends a booking's reservation of prepaid minutes: restores p_restored_minutes to their lots and consumes the rest.
create function private.consume_credit(p_booking_id uuid, p_restored_minutes integer)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    part private.credit_part;
begin
    perform
    from public.learner_credits credit
    where credit.id in (select reserved.credit_id from private.reserved_credit(p_booking_id) reserved)
    order by credit.id
    for no key update;

    for part in
        select restored.* from private.restored_credit(p_booking_id, p_restored_minutes) restored
    loop
        perform private.add_credit_entry(part, 'restore', p_booking_id, null);
    end loop;
    for part in
        select rest.* from private.reserved_credit(p_booking_id) rest
    loop
        perform private.post_credit_consumed(private.add_credit_entry(part, 'consume', p_booking_id, null));
    end loop;
end;
$$;

-- The minutes that a booking still has reserved, by lot.
create function private.reserved_credit(p_booking_id uuid)
    returns setof private.credit_part
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        entry.credit_id,
        sum(signed.factor * entry.minutes)::integer,
        sum(signed.factor * entry.share_cents)::bigint,
        sum(signed.factor * entry.fee_cents)::bigint,
        sum(signed.factor * entry.discount_cents)::bigint
    from public.credit_entries entry
    cross join lateral (select case entry.kind when 'reserve' then 1 else -1 end as factor) signed
    where entry.booking_id = p_booking_id
    group by entry.credit_id
    having sum(signed.factor * entry.minutes) > 0
    order by entry.credit_id;
$$;

-- What restoring so many of a booking's reserved minutes gives back to which lot, in the order of the lots' ids. Within a lot
-- every amount is divided in proportion, and what is consumed is what is rounded.
create function private.restored_credit(p_booking_id uuid, p_minutes integer)
    returns setof private.credit_part
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        part.credit_id,
        part.minutes - part.kept_minutes,
        part.share_cents - private.prorate(part.share_cents, part.kept_minutes, part.minutes),
        part.fee_cents - private.prorate(part.fee_cents, part.kept_minutes, part.minutes),
        part.discount_cents - private.prorate(part.discount_cents, part.kept_minutes, part.minutes)
    from (
        select
            reserved.*,
            least(
                greatest(sum(reserved.minutes) over (order by reserved.credit_id) - p_minutes, 0),
                reserved.minutes
            )::integer as kept_minutes
        from private.reserved_credit(p_booking_id) reserved
    ) part
    where part.minutes > part.kept_minutes;
$$;

-- Posts consumed or expired minutes to the ledger: what was deferred at the purchase is earned.
create function private.post_credit_consumed(p_entry public.credit_entries)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.post_transaction(
        p_entry.org_id, 'credit_consumed', 'credit_entry', p_entry.id, format('credit_entry:%s:consumed', p_entry.id),
        credit.currency, p_entry.created_at,
        array[
            row('learner_prepaid', null, p_entry.share_cents),
            row('deferred_fees', null, p_entry.fee_cents),
            row('deferred_promotions', null, -p_entry.discount_cents),
            row('instructor_pending', credit.instructor_id, -p_entry.share_cents),
            row('platform_fees', null, -p_entry.fee_cents),
            row('promotions', null, p_entry.discount_cents)
        ]::private.posting[]
    )
    from public.learner_credits credit
    where credit.org_id = p_entry.org_id
        and credit.id = p_entry.credit_id;
$$;

-- sql/45_credits/50_expire.sql
-- Expires the minutes of lots that have passed their date, and returns the entries. The instructor earns their share, without
-- a lesson. Called by maintain (95).
create function private.expire_credits()
    returns setof public.credit_entries
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
    entry public.credit_entries;
begin
    for credit in
        select lot.*
        from public.learner_credits lot
        where lot.status = 'active'
            and lot.expires_at <= private.clock()
            and lot.minutes_left > 0
        order by lot.id
        limit 1000
        for no key update skip locked
    loop
        entry := private.add_credit_entry(private.next_credit_part(credit, credit.minutes_left), 'expire', null, null);
        perform private.post_credit_consumed(entry);
        return next entry;
    end loop;
end;
$$;

-- sql/45_credits/70_parts.sql
-- The parts of a learner's lots that would pay for a lesson, oldest lot first; no row if they do not suffice. A lot pays for its
-- one service, or for lessons at the hourly rate; always in its currency.
create function private.plan_credit(
    p_learner_id uuid,
    p_instructor_id uuid,
    p_service_id uuid,
    p_is_hourly boolean,
    p_currency text,
    p_minutes integer
)
    returns setof private.credit_part
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
    parts private.credit_part[] := '{}';
    missing integer := p_minutes;
begin
    for credit in
        select lot.*
        from public.learner_credits lot
        where lot.learner_id = p_learner_id
            and lot.instructor_id = p_instructor_id
            and lot.status = 'active'
            and lot.currency = p_currency
            and lot.minutes_left > 0
            and (lot.expires_at is null or private.clock() < lot.expires_at)
            and (lot.service_id = p_service_id or (lot.service_id is null and p_is_hourly))
        order by lot.activated_at, lot.id
    loop
        parts := parts || private.next_credit_part(credit, least(missing, credit.minutes_left));
        missing := missing - least(missing, credit.minutes_left);
        exit when missing = 0;
    end loop;

    if missing = 0 then
        return query select part.* from unnest(parts) part;
    end if;
end;
$$;

-- The next minutes of a lot and their part of its price: the price of all minutes taken so far and these, less what has been
-- taken for the earlier ones, so that no cent is lost by rounding. If restored parts were rounded to less, a part can come out
-- below zero; it is nothing then, and later minutes make up for it.
create function private.next_credit_part(p_credit public.learner_credits, p_minutes integer)
    returns private.credit_part
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select row(
        p_credit.id,
        p_minutes,
        greatest(
            private.prorate(p_credit.instructor_share_cents, taken.minutes, p_credit.minutes_purchased)
            - p_credit.taken_share_cents,
            0
        ),
        greatest(
            private.prorate(p_credit.platform_fee_cents, taken.minutes, p_credit.minutes_purchased)
            - p_credit.taken_fee_cents,
            0
        ),
        greatest(
            private.prorate(p_credit.discount_cents, taken.minutes, p_credit.minutes_purchased)
            - p_credit.taken_discount_cents,
            0
        )
    )::private.credit_part
    from (select p_credit.minutes_purchased - p_credit.minutes_left + p_minutes as minutes) taken;
$$;

-- The minutes that lost disputes have taken from a lot, and their part of its price.
create function private.lost_minutes(p_credit_id uuid)
    returns private.credit_part
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select row(
        p_credit_id,
        coalesce(sum(signed.factor * entry.minutes), 0),
        coalesce(sum(signed.factor * entry.share_cents), 0),
        coalesce(sum(signed.factor * entry.fee_cents), 0),
        coalesce(sum(signed.factor * entry.discount_cents), 0)
    )::private.credit_part
    from public.credit_entries entry
    cross join lateral (select case entry.kind when 'dispute' then 1 else -1 end as factor) signed
    where entry.credit_id = p_credit_id
        and entry.kind in ('dispute', 'dispute_reversed');
$$;

-- sql/45_credits/80_api.sql
create function public.buy_credits(
    p_instructor_id uuid,
    p_hours numeric,
    p_service_id uuid default null,
    p_learner_id uuid default null,
    p_discount_code text default null,
    p_client_key text default null
)
    returns table (credit_id uuid, amount_cents bigint, currency text, status public.credit_status, hold_expires_at timestamptz)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select credit.id, credit.total_cents, credit.currency, credit.status, credit.hold_expires_at
    from private.buy_credits(
        p_instructor_id, p_hours, p_service_id, p_learner_id, p_discount_code, p_client_key
    ) credit;
end;

comment on function public.buy_credits is
    'Buys hours with an instructor at today''s price, which stays as it is: for lessons priced by the hourly rate, or with p_service_id for '
    'that service. The learner is the caller, or with p_learner_id one whose guardian or school admin the caller is. Pay through POST '
    '/payment-intents until hold_expires_at. Errors: sign_in_required, instructor_not_found, service_not_found, bad_hours, '
    'not_whole_lessons, not_yourself, not_a_learner_here, consent_required, client_key_reused, code_not_checked, code_not_valid, '
    'price_missing, amount_too_small, amount_too_large, nothing_to_sell, and the rules of public.learner_credits.';

create function public.credit_balance(p_instructor_id uuid default null)
    returns table (
        learner_id uuid,
        instructor_id uuid,
        service_id uuid,
        minutes_left bigint,
        hours_left numeric,
        minutes_reserved bigint,
        next_expiry_at timestamptz
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        lot.learner_id,
        lot.instructor_id,
        lot.service_id,
        sum(lot.minutes_left) as minutes_left,
        round(sum(lot.minutes_left) / 60.0, 2) as hours_left,
        sum(lot.minutes_reserved) as minutes_reserved,
        min(lot.expires_at) as next_expiry_at
    from public.learner_credits lot
    where lot.learner_id = any ((select private.my_family_ids())::uuid[])
        and lot.status = 'active'
        and (lot.expires_at is null or private.clock() < lot.expires_at)
        and (p_instructor_id is null or lot.instructor_id = p_instructor_id)
    group by lot.learner_id, lot.instructor_id, lot.service_id
    order by lot.learner_id, lot.instructor_id, lot.service_id nulls first;
end;

comment on function public.credit_balance is
    'The prepaid minutes that the caller and the caller''s wards can still use, by instructor and service. service_id is null for minutes '
    'that pay for any lesson priced by the hourly rate.';

-- sql/45_credits/90_access.sql
create policy select_party on public.learner_credits
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_party on public.credit_entries
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.learner_credits to authenticated, service_role;
grant select on public.credit_entries to authenticated, service_role;
-- NOTE: no write is granted: lots and entries change only through functions.

grant execute on function private.buy_credits to authenticated;
grant execute on function public.buy_credits to authenticated;
grant execute on function public.credit_balance to authenticated;

-- sql/50_bookings/10_tables.sql
-- Bookings: a learner's commitment to a time, from the first request to its end.
--
-- What is open: 30_list.sql and 31_open_slots.sql. Listing and booking ask the same function, private.open_slots, so that
-- whatever is listed can be booked at that instant.
-- Booking: 50_reserve.sql (a published slot), 52_request.sql (any listed time) and 54_series.sql (many) all lead to hold_slot
-- in 51_hold.sql, which prices the booking (40_price.sql), freezes the price, and reserves the seat until a deadline.
-- After that the instructor answers a request (53_answer.sql), the payment confirms the booking (60_confirm.sql), or it
-- expires (61_expire.sql). Guards in 70_guards.sql keep seats and prices right, whoever writes a booking.
-- Cancelling and rescheduling live in 64_cancellations, lessons in 55_lessons, what follows from a status in 82_effects.
--
-- Called by learners and instructors through 80_api.sql, and by payments (60), which confirm what was paid.

create type public.booking_status as enum (
    'held', 'requested', 'confirmed', 'in_progress', 'completed', 'no_show', 'cancelled', 'declined', 'expired'
);
create type public.booking_party as enum ('learner', 'guardian', 'instructor', 'admin', 'system');

create type public.series_mode as enum ('all_or_nothing', 'skip_conflicts');

create table public.cancellation_policies (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    version integer not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, version),
    constraint versions_count_from_one check (version >= 1)
);

comment on table public.cancellation_policies is
    'A version of an organization''s refund rules. New bookings get the latest version, and keep it.';

create table public.cancellation_tiers (
    policy_id uuid not null,
    org_id uuid not null,
    notice_minutes integer not null,
    refund_bps integer not null,
    primary key (org_id, policy_id, notice_minutes),
    foreign key (org_id, policy_id) references public.cancellation_policies (org_id, id) on delete restrict,
    constraint notice_is_at_most_90_days check (notice_minutes between 0 and 129600),
    constraint refund_is_a_fraction check (refund_bps between 0 and 10000)
);


comment on table public.cancellation_tiers is
    'The refund for cancelling at least notice_minutes before the lesson starts. After the start there is none.';
comment on column public.cancellation_tiers.refund_bps is 'Basis points of what was paid; 10000 is all of it.';

create table public.booking_series (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    service_id uuid not null,
    first_start_at timestamptz not null,
    time_zone text not null,
    every_weeks integer not null,
    occurrences integer not null,
    mode public.series_mode not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, service_id) references public.services (org_id, id) on delete restrict,
    constraint a_series_is_of_two_to_a_year_of_weeks check (occurrences between 2 and 52),
    constraint it_recurs_at_least_every_13_weeks check (every_weeks between 1 and 13)
);

create index on public.booking_series (org_id, learner_id);
create index on public.booking_series (org_id, instructor_id);
create index on public.booking_series (org_id, service_id);
create index on public.booking_series (learner_id);
create index on public.booking_series (instructor_id);

comment on table public.booking_series is 'Bookings that were requested at once, at the same local time every every_weeks weeks.';

create table public.bookings (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    service_id uuid not null,
    slot_id uuid not null,
    learner_person_id uuid not null,
    is_group boolean not null,
    start_at timestamptz not null,
    end_at timestamptz not null,
    status public.booking_status not null,
    hold_expires_at timestamptz,
    currency text not null,
    price_cents bigint not null,
    discount_cents bigint not null default 0,
    platform_fee_cents bigint not null,
    instructor_share_cents bigint not null,
    total_cents bigint not null,
    fee_mode public.fee_mode not null,
    fee_bps integer not null,
    credit_applied_cents bigint not null default 0,
    original_total_cents bigint not null default 0,
    due_cents bigint not null generated always as (greatest(total_cents - credit_applied_cents - original_total_cents, 0)) stored,
    pickup_address text,
    pickup_lat numeric(9, 6),
    pickup_lng numeric(9, 6),
    dropoff_address text,
    dropoff_lat numeric(9, 6),
    dropoff_lng numeric(9, 6),
    learner_notes text,
    cancelled_by public.booking_party,
    cancellation_reason text,
    cancelled_at timestamptz,
    no_show_by public.booking_party,
    refund_bps integer,
    cancellation_refund_cents bigint,
    restored_minutes integer,
    kept_share_cents bigint,
    client_key text,
    series_id uuid,
    original_booking_id uuid unique,
    is_rescheduled boolean not null default false,
    cancellation_policy_id uuid not null,
    booked_by uuid references public.profiles (id) on delete set null,
    is_fee_refundable boolean not null,
    payout_hold interval not null,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (learner_id, client_key),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, service_id) references public.services (org_id, id) on delete restrict,
    foreign key (org_id, slot_id) references public.bookable_slots (org_id, id) on delete restrict,
    foreign key (org_id, series_id) references public.booking_series (org_id, id) on delete restrict,
    foreign key (org_id, original_booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, cancellation_policy_id) references public.cancellation_policies (org_id, id) on delete restrict,
    constraint end_is_after_start check (start_at < end_at),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amounts_are_not_negative check (
        least(price_cents, discount_cents, platform_fee_cents, instructor_share_cents, total_cents, credit_applied_cents,
            original_total_cents, cancellation_refund_cents, restored_minutes, kept_share_cents) >= 0
    ),
    constraint total_is_share_plus_fee_minus_discount check (
        total_cents = instructor_share_cents + platform_fee_cents - discount_cents
    ),
    constraint share_follows_from_the_price check (
        instructor_share_cents = price_cents - case fee_mode when 'included' then platform_fee_cents else 0 end
    ),
    constraint credit_pays_all_or_nothing check (credit_applied_cents in (0, total_cents)),
    constraint original_total_needs_an_original check (original_total_cents = 0 or original_booking_id is not null),
    constraint refund_is_a_fraction check (refund_bps between 0 and 10000),
    constraint cancelled_and_no_show_say_what_they_refund check (
        num_nulls(refund_bps, cancellation_refund_cents, restored_minutes, kept_share_cents)
        = case when status in ('cancelled', 'no_show') then 0 else 4 end
    ),
    constraint a_rescheduled_booking_is_cancelled check (not is_rescheduled or status = 'cancelled'),
    constraint the_share_never_grows check (kept_share_cents <= instructor_share_cents),
    constraint a_hold_has_a_deadline check (status not in ('held', 'requested') or hold_expires_at is not null),
    constraint a_cancellation_says_when_and_by_whom check (
        (status = 'cancelled') = (cancelled_at is not null)
        and (status = 'cancelled') = (cancelled_by is not null)
    ),
    constraint a_no_show_says_who check (
        (status = 'no_show') = (no_show_by is not null)
        and no_show_by in ('learner', 'instructor')
    ),
    constraint places_are_on_earth check (
        pickup_lat between -90 and 90 and pickup_lng between -180 and 180
        and dropoff_lat between -90 and 90 and dropoff_lng between -180 and 180
    ),
    constraint texts_are_short check (
        greatest(length(pickup_address), length(dropoff_address)) <= 500
        and length(learner_notes) <= 5000
        and length(cancellation_reason) <= 2000
        and length(client_key) between 1 and 200
    ),
    constraint learner_is_never_double_booked exclude using gist (
        learner_person_id with =,
        tstzrange(start_at, end_at) with &&
    ) where (not is_group and status not in ('cancelled', 'declined', 'expired'))
);

create unique index one_seat_a_learner_and_lesson
    on public.bookings (slot_id, learner_person_id)
    where status not in ('cancelled', 'declined', 'expired');
create index on public.bookings (org_id, start_at);
create index on public.bookings (instructor_id, start_at);
create index on public.bookings (learner_id, start_at);
create index on public.bookings (org_id, learner_id);
create index on public.bookings (org_id, instructor_id);
create index on public.bookings (org_id, service_id);
create index on public.bookings (org_id, slot_id);
create index on public.bookings (service_id);
create index on public.bookings (slot_id);
create index on public.bookings (status);
create index on public.bookings (hold_expires_at) where status in ('held', 'requested');
create index on public.bookings (learner_person_id) where status in ('held', 'requested');
create index on public.bookings (org_id, series_id);
create index on public.bookings (org_id, original_booking_id);
create index on public.bookings (org_id, cancellation_policy_id);
create index on public.bookings (booked_by);

comment on table public.bookings is
    'A learner''s commitment to a slot, with its price frozen. Only functions change it, and every change is audited.';
comment on column public.bookings.learner_person_id is
    'The learner''s login, else the learner''s id. So a person who learns in two organizations cannot be in two places at once.';
comment on column public.bookings.is_group is 'Whether the slot has several seats. A learner''s private lessons never overlap; group lessons may.';
comment on column public.bookings.hold_expires_at is
    'How long a held booking waits for payment, or a requested one for the instructor''s answer, before it loses its seat.';
comment on column public.bookings.price_cents is 'List price, in the minor unit of currency, as all amounts here.';
comment on column public.bookings.platform_fee_cents is 'fee_bps of the list price, rounded half up.';
comment on column public.bookings.instructor_share_cents is 'What the instructor earns by this lesson, in the same currency.';
comment on column public.bookings.discount_cents is 'Discount, which the platform pays for: the instructor''s share never shrinks.';
comment on column public.bookings.due_cents is 'What is left to pay by card.';
comment on column public.bookings.learner_notes is 'The learner''s message to the instructor. Both can read it, and so can admins.';
comment on column public.bookings.booked_by is 'The person who booked: the learner, a guardian or an admin of the school.';
comment on column public.bookings.is_fee_refundable is
    'Whether refunds include the platform''s fee; copied from the organization when the booking was made.';
comment on column public.bookings.payout_hold is
    'How long after the lesson the earning becomes payable; copied from the organization when the booking was made.';
comment on column public.bookings.credit_applied_cents is 'What prepaid minutes pay of the total: all of it, or nothing.';
comment on column public.bookings.original_booking_id is
    'The original booking, if this one is its replacement. On confirmation the original''s payments become this booking''s.';
comment on column public.bookings.is_rescheduled is
    'Whether this booking was rescheduled: cancelled for a replacement, which takes over its payments.';
comment on column public.bookings.original_total_cents is 'Total of the original booking, which counts towards this one''s total.';
comment on column public.bookings.refund_bps is 'The fraction that the cancellation or no-show refunds, in basis points.';
comment on column public.bookings.cancellation_refund_cents is 'What the cancellation, or the instructor''s no-show, refunds to the payer''s card.';
comment on column public.bookings.restored_minutes is 'Prepaid minutes that the cancellation or no-show restores.';
comment on column public.bookings.kept_share_cents is
    'The most that the instructor keeps of the share after a cancellation or no-show; null if the lesson was given or is ahead.';
comment on column public.bookings.cancellation_policy_id is 'The version of the refund rules that was current when the booking was made.';
comment on column public.bookings.client_key is 'Chosen by the client: another request with the same key and time returns the same booking.';

create table public.booking_notes (
    booking_id uuid not null unique,
    org_id uuid not null,
    instructor_id uuid not null,
    notes text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, booking_id),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint notes_are_short check (length(notes) <= 10000)
);

create index on public.booking_notes (org_id, instructor_id);
create index on public.booking_notes (instructor_id);

comment on table public.booking_notes is 'The instructor''s own notes on a booking. Only the instructor and admins can read them.';

alter table public.code_redemptions
    add foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict;
alter table public.credit_entries
    add foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict;

create index on public.code_redemptions (org_id, booking_id);

create type private.booking_request as (
    notes text,
    client_key text,
    pickup jsonb,
    dropoff jsonb,
    discount_code text,
    uses_rewards boolean,
    uses_credit boolean,
    series_id uuid,
    original_booking_id uuid
);
comment on type private.booking_request is 'What a client asks for besides the time: pickup and dropoff are {"address", "lat", "lng"}.';

create type private.booking_terms as (
    price private.price,
    offer private.code_offer,
    credit_cents bigint,
    original_total_cents bigint,
    is_fee_refundable boolean,
    cancellation_policy_id uuid
);
comment on type private.booking_terms is
    'What a booking costs, what pays for it besides a card, and its terms. All of it is frozen with the booking.';

alter table public.cancellation_policies enable row level security;
alter table public.cancellation_tiers enable row level security;
alter table public.booking_series enable row level security;
alter table public.bookings enable row level security;
alter table public.booking_notes enable row level security;

create trigger enforce_status_transition
    before insert or update of status on public.bookings
    for each row execute function private.enforce_status_transition('booking');

create trigger touch_updated_at
    before update on public.bookings
    for each row execute function private.touch_updated_at();

create trigger forbid_change
    before update or delete on public.cancellation_policies
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.cancellation_policies
    for each statement execute function private.forbid_change();

create trigger forbid_change
    before update or delete on public.cancellation_tiers
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.cancellation_tiers
    for each statement execute function private.forbid_change();

create trigger touch_updated_at
    before update on public.booking_notes
    for each row execute function private.touch_updated_at();

select private.audit_table('public.cancellation_policies', 'id');

select private.audit_table('public.booking_series', 'id');

select private.audit_table(
    'public.bookings', 'id',
    '{pickup_address,pickup_lat,pickup_lng,dropoff_address,dropoff_lat,dropoff_lng,learner_notes,cancellation_reason}'
);

select private.audit_table('public.booking_notes', 'booking_id', '{notes}');

-- sql/50_bookings/11_transitions.sql
-- A booking is held until it is paid, or requested until its instructor answers. Once confirmed it takes place (in_progress,
-- completed), one party does not come (no_show), or it is cancelled. An expired booking is confirmed when its payment arrives
-- late and its time is still free.
--
-- booking:
--   · → held, requested: hold_slot (user, service, studio)
--   requested → held: confirm_booking (user, service, studio)
--   requested → confirmed: confirm_booking (user, service, job)
--   requested → declined: decline_booking (user, service, studio)
--   held → confirmed: hold_slot, confirm_paid_booking (user, service, job)
--   expired → confirmed: confirm_paid_booking (service, job)
--   held, requested → expired: expire_holds (user, service, job, studio)
--   confirmed → in_progress: start_lesson (user, job, studio)
--   confirmed, in_progress → completed: complete_lesson (user, job, studio)
--   confirmed, in_progress → no_show: mark_no_show (user, job, studio)
--   held, requested → cancelled: cancel_booking, offboard_instructor, cancel_replacement (user, service, job, studio)
--   confirmed → cancelled: cancel_booking, offboard_instructor, end_original_booking, undo_cancelled_payment,
--       void_ageing_authorizations (user, service, job, studio)
--   in_progress → cancelled: cancel_booking, undo_cancelled_payment, void_ageing_authorizations
--       (user, service, job, studio)

insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('booking', 'new', 'held', '{user,service,studio}'),
    ('booking', 'new', 'requested', '{user,service,studio}'),
    ('booking', 'held', 'confirmed', '{user,service,job}'),
    ('booking', 'held', 'expired', '{user,service,job,studio}'),
    ('booking', 'held', 'cancelled', '{user,service,job,studio}'),
    ('booking', 'requested', 'held', '{user,service,studio}'),
    ('booking', 'requested', 'confirmed', '{user,service,job}'),
    ('booking', 'requested', 'declined', '{user,service,studio}'),
    ('booking', 'requested', 'expired', '{user,service,job,studio}'),
    ('booking', 'requested', 'cancelled', '{user,service,job,studio}'),
    ('booking', 'expired', 'confirmed', '{service,job}'),
    ('booking', 'confirmed', 'in_progress', '{user,job,studio}'),
    ('booking', 'confirmed', 'completed', '{user,job,studio}'),
    ('booking', 'confirmed', 'no_show', '{user,job,studio}'),
    ('booking', 'confirmed', 'cancelled', '{user,service,job,studio}'),
    ('booking', 'in_progress', 'completed', '{user,job,studio}'),
    ('booking', 'in_progress', 'no_show', '{user,job,studio}'),
    ('booking', 'in_progress', 'cancelled', '{user,service,job,studio}');

-- sql/50_bookings/20_policies.sql
-- Adds the next version of an organization's refund rules, for bookings made from now on. For the organization's admins.
-- Definer: nobody may write policies directly.
create function private.set_cancellation_policy(p_org_id uuid, p_tiers jsonb)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    new_policy_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_org_admin(p_org_id);
    perform from public.organizations where id = p_org_id for no key update;
    if not coalesce(jsonb_typeof(p_tiers) = 'array' and jsonb_array_length(p_tiers) <= 10, false) then
        perform private.refuse_tiers();
    end if;

    insert into public.cancellation_policies (org_id, version)
    select p_org_id, coalesce(max(policy.version), 0) + 1
    from public.cancellation_policies policy
    where policy.org_id = p_org_id
    returning id into new_policy_id;

    insert into public.cancellation_tiers (policy_id, org_id, notice_minutes, refund_bps)
    select new_policy_id, p_org_id, tier.notice_minutes, tier.refund_bps
    from jsonb_to_recordset(p_tiers) tier (notice_minutes integer, refund_bps integer);

    if exists (
        select
        from public.cancellation_tiers tier
        join public.cancellation_tiers longer
            on longer.org_id = tier.org_id
            and longer.policy_id = tier.policy_id
            and longer.notice_minutes > tier.notice_minutes
            and longer.refund_bps < tier.refund_bps
        where tier.policy_id = new_policy_id
    ) then
        perform private.refuse_tiers();
    end if;
    return new_policy_id;
exception
    when unique_violation or data_exception then
        perform private.refuse_tiers();
        return null;
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Refuses tiers that make no policy.
create function private.refuse_tiers()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT422', 'bad_tiers',
        'This is not a valid cancellation policy.',
        'Send up to ten tiers like {"notice_minutes": 1440, "refund_bps": 10000}; longer notice must not be refunded less.'
    );
end;
$$;

-- The latest version of an organization's policy.
create function private.current_policy_id(p_org_id uuid)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select latest.id
    from public.cancellation_policies latest
    where latest.org_id = p_org_id
    order by latest.version desc
    limit 1;
$$;

-- The tiers of an organization's present policy, longest notice first.
-- Definer: visitors may see the rules that they would agree to.
create function private.cancellation_policy(p_org_id uuid)
    returns setof public.cancellation_tiers
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select tier.*
    from public.cancellation_tiers tier
    where tier.policy_id = private.current_policy_id(p_org_id)
    order by tier.notice_minutes desc;
$$;

-- What the policy of a booking refunds for cancelling it now, in basis points: the tier with the longest notice that is still
-- kept; nothing once the lesson has started.
create function private.policy_refund_bps(p_booking public.bookings)
    returns integer
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        (
            select tier.refund_bps
            from public.cancellation_tiers tier
            where tier.org_id = p_booking.org_id
                and tier.policy_id = p_booking.cancellation_policy_id
                and private.clock() <= p_booking.start_at - make_interval(mins => tier.notice_minutes)
                and private.clock() < p_booking.start_at
            order by tier.notice_minutes desc
            limit 1
        ),
        0
    );
$$;

-- Gives a new organization the default policy: a full refund until 24 hours before the lesson, half until it starts.
-- 82_effects calls it.
create function private.add_cancellation_policy(p_organization public.organizations)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_policy_id uuid;
begin
    insert into public.cancellation_policies (org_id, version) values (p_organization.id, 1) returning id into new_policy_id;
    insert into public.cancellation_tiers (policy_id, org_id, notice_minutes, refund_bps)
    values (new_policy_id, p_organization.id, 1440, 10000), (new_policy_id, p_organization.id, 0, 5000);
end;
$$;

-- The marketplace was added before the trigger that gives each organization its first policy.
insert into public.cancellation_policies (id, org_id, version)
values ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 1);

insert into public.cancellation_tiers (policy_id, org_id, notice_minutes, refund_bps)
values
    ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 1440, 10000),
    ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 0, 5000);

-- sql/50_bookings/30_list.sql
-- The times at which a service of an instructor can be booked at this instant, in UTC and local time. Times without a payable
-- price are left out: one time stands for its date, because only rate cards make prices differ, by date.
-- Definer: visitors may not read opening hours, calendars and prices.
create function private.list_open_slots(
    p_instructor_id uuid,
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz
)
    returns table (
        start_at timestamptz,
        end_at timestamptz,
        local_start timestamp,
        local_end timestamp,
        time_zone text,
        slot_id uuid,
        seats_left integer
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
    pricing_zone text;
    has_rates constant boolean := exists (select from public.rate_card_items item where item.service_id = p_service_id);
begin
    perform private.assert_time_range(p_from, p_to, 62);

    instructor := private.require_instructor_of_service(p_instructor_id, p_service_id);
    select organization.time_zone into pricing_zone
    from public.organizations organization
    where organization.id = instructor.org_id;

    return query
    with open_slot as materialized (
        select
            open_time.*,
            case when has_rates then (open_time.start_at at time zone pricing_zone)::date end as priced_on
        from private.open_slots(p_instructor_id, p_service_id, p_from, p_to) open_time
    ),

    payable as materialized (
        select day.priced_on
        from (
            select open_slot.priced_on, min(open_slot.start_at) as first_at
            from open_slot
            group by open_slot.priced_on
        ) day
        where private.price_refusal(private.price_service(p_service_id, p_instructor_id, day.first_at)) is null
    )

    select
        open_slot.start_at,
        open_slot.end_at,
        open_slot.start_at at time zone open_slot.time_zone,
        open_slot.end_at at time zone open_slot.time_zone,
        open_slot.time_zone,
        open_slot.slot_id,
        open_slot.seats_left
    from open_slot
    where exists (select from payable where payable.priced_on is not distinct from open_slot.priced_on)
    order by open_slot.start_at;
end;
$$;

-- Returns the instructor if the instructor gives the service: their own one, or one of any instructor of their school.
-- Requests and series use it too.
create function private.require_instructor_of_service(p_instructor_id uuid, p_service_id uuid)
    returns public.instructors
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    select candidate.* into instructor
    from public.services service
    join public.instructors candidate
        on candidate.org_id = service.org_id
        and candidate.id = coalesce(service.instructor_id, candidate.id)
    where service.id = p_service_id
        and candidate.id = p_instructor_id;

    if not found then
        perform private.refuse(
            'PT404', 'service_not_found',
            'This instructor does not give this lesson.',
            'Check the service and the instructor.'
        );
    end if;
    return instructor;
end;
$$;

-- Whether list_open_slots would list this time of a service at this instant, whatever its price. Booking asks it.
create function private.is_slot_open(p_instructor_id uuid, p_service_id uuid, p_start_at timestamptz)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from private.open_slots(p_instructor_id, p_service_id, p_start_at, p_start_at + interval '1 microsecond')
    );
end;
$$;

-- sql/50_bookings/31_open_slots.sql
-- What is free, for listing and for booking alike: times of the opening hours and published slots, if the instructor takes
-- bookings, within notice, horizon and daily cap, and not colliding with the calendar, buffers included. A slot that is
-- partly booked keeps the length and the seats that it was booked with; all others have the service's present ones.
create function private.open_slots(
    p_instructor_id uuid,
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz
)
    returns table (start_at timestamptz, end_at timestamptz, time_zone text, slot_id uuid, seats_left integer)
    language plpgsql
    stable
    security invoker
    rows 100
    set search_path = '', pg_temp
as $$
declare
    instant constant interval := interval '1 microsecond';
    instructor public.instructors;
    service public.services;
    opens_at timestamptz;
    closes_at timestamptz;
    busy tstzmultirange;
    full_days date[];
begin
    select * into instructor
    from public.instructors candidate
    where candidate.id = p_instructor_id
        and candidate.is_active
        and candidate.is_available
        and candidate.verification_status = 'verified';
    select * into service
    from public.services candidate
    where candidate.id = p_service_id
        and candidate.is_active
        and candidate.org_id = instructor.org_id
        and coalesce(candidate.instructor_id, instructor.id) = instructor.id;

    opens_at := greatest(
        p_from, private.clock() + instant, private.clock() + make_interval(mins => instructor.minimum_notice_minutes)
    );
    closes_at := least(p_to, private.clock() + instant + make_interval(hours => 24 * instructor.horizon_days));
    if service.id is null or opens_at >= closes_at then
        return;
    end if;
    busy := private.busy_times(coalesce(instructor.user_id, instructor.id), opens_at, closes_at);
    full_days := private.full_days(instructor, opens_at, closes_at);

    return query
    with slot as materialized (
        select
            known.id, known.start_at, known.end_at, known.max_bookings, seat.taken as seats_taken,
            known.is_published and (not known.is_withdrawn_when_free or seat.taken > 0) as is_offered
        from public.bookable_slots known
        cross join lateral (
            select case when known.current_bookings > 0 then private.seats_taken(known.id) else 0 end as taken
        ) seat
        where known.instructor_id = p_instructor_id
            and known.service_id = p_service_id
            and known.start_at >= opens_at
            and known.start_at < closes_at
    ),

    candidate as (
        select
            coalesce(slot.start_at, slot_time.start_at) as start_at,
            case when slot.is_offered or slot.seats_taken > 0 then slot.end_at else slot_time.end_at end as end_at,
            case when slot.is_offered then slot.id end as slot_id,
            case when slot.is_offered or slot.seats_taken > 0 then slot.max_bookings else service.max_participants end as seats,
            coalesce(slot.seats_taken, 0) as seats_taken
        from private.slot_times(service.id, instructor.id, opens_at, closes_at) slot_time
        full join slot on slot.start_at = slot_time.start_at
        where slot_time.start_at is not null
            or slot.is_offered
    )

    select
        candidate.start_at, candidate.end_at, instructor.time_zone, candidate.slot_id, candidate.seats - candidate.seats_taken
    from candidate
    where candidate.seats_taken < candidate.seats
        and (
            candidate.seats_taken > 0
            or not (
                busy && tstzrange(
                    candidate.start_at - make_interval(mins => instructor.buffer_before_minutes),
                    candidate.end_at + make_interval(mins => instructor.buffer_after_minutes)
                )
                or (candidate.start_at at time zone instructor.time_zone)::date = any (full_days)
            )
        )
    order by candidate.start_at;
end;
$$;

-- When a person's calendar is taken around a range of times, buffers included. A hold that has passed its deadline takes
-- nothing, even if it has not been expired yet.
create function private.busy_times(p_person_id uuid, p_from timestamptz, p_to timestamptz)
    returns tstzmultirange
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(
        (
            select range_agg(calendar.during)
            from private.instructor_calendar calendar
            where calendar.person_id = p_person_id
                and calendar.during && tstzrange(p_from - interval '2 days', p_to + interval '2 days')
                and (calendar.slot_id is null or private.seats_taken(calendar.slot_id) > 0)
        ),
        '{}'
    );
end;
$$;

-- The local dates on which an instructor has reached the daily cap, counting lessons of all organizations.
create function private.full_days(p_instructor public.instructors, p_from timestamptz, p_to timestamptz)
    returns date[]
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_instructor.daily_cap is null then
        return '{}';
    end if;
    return array(
        select (slot.start_at at time zone p_instructor.time_zone)::date
        from private.instructor_calendar calendar
        join public.bookable_slots slot on slot.org_id = calendar.org_id and slot.id = calendar.slot_id
        where calendar.person_id = coalesce(p_instructor.user_id, p_instructor.id)
            and calendar.during && tstzrange(p_from - interval '2 days', p_to + interval '2 days')
            and private.seats_taken(slot.id) > 0
        group by 1
        having count(*) >= p_instructor.daily_cap
    );
end;
$$;

-- How many seats of a slot are taken at this instant. Holds that have passed their deadline do not count.
create function private.seats_taken(p_slot_id uuid)
    returns integer
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    present constant timestamptz := private.clock();
begin
    return (
        select count(*)
        from public.bookings booking
        where booking.slot_id = p_slot_id
            and booking.status not in ('cancelled', 'declined', 'expired')
            and (booking.status not in ('held', 'requested') or booking.hold_expires_at > present)
    );
end;
$$;

-- sql/50_bookings/40_price.sql
-- What a booking costs now, what pays for it besides a card, and its terms. Refuses what cannot be charged. hold_slot freezes
-- the answer; rescheduling (64) asks it in advance.
create function private.price_booking(
    p_service public.services,
    p_instructor public.instructors,
    p_start_at timestamptz,
    p_learner public.learners,
    p_request private.booking_request
)
    returns private.booking_terms
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    terms private.booking_terms;
    price private.price := private.price_service(p_service.id, p_instructor.id, p_start_at);
begin
    select organization.fee_refundable, private.current_policy_id(organization.id)
    into terms.is_fee_refundable, terms.cancellation_policy_id
    from public.organizations organization
    where organization.id = p_service.org_id;
    terms.credit_cents := 0;
    terms.original_total_cents := 0;

    if p_request.uses_credit then
        return private.price_by_credit(terms, price, p_service, p_instructor, p_start_at, p_learner, p_request);
    end if;
    if p_request.original_booking_id is not null then
        return private.price_reschedule(terms, price, p_request.original_booking_id);
    end if;

    terms.offer := private.require_discount(p_request.discount_code, p_request.uses_rewards, p_learner, price);
    terms.price := private.discount_price(price, coalesce((terms.offer).discount_cents, 0));
    perform private.assert_price_is_payable(terms.price);
    return terms;
end;
$$;

-- The terms of a booking that is paid by prepaid minutes: the price is what was paid for just these minutes, by lot. Lots with
-- different fee modes make a booking with the fee on top.
create function private.price_by_credit(
    p_terms private.booking_terms,
    p_price private.price,
    p_service public.services,
    p_instructor public.instructors,
    p_start_at timestamptz,
    p_learner public.learners,
    p_request private.booking_request
)
    returns private.booking_terms
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    terms private.booking_terms := p_terms;
begin
    if p_request.discount_code is not null or p_request.uses_rewards then
        perform private.refuse(
            'PT422', 'discount_with_credit',
            'A discount cannot be used together with prepaid hours.',
            'Use a code or your rewards when you pay by card, or when you buy hours.'
        );
    end if;

    select
        row(
            p_price.currency,
            paid.share_cents + case paid.fee_mode when 'included' then paid.fee_cents else 0 end,
            paid.discount_cents,
            paid.fee_mode,
            paid.fee_bps,
            paid.fee_cents,
            paid.share_cents,
            paid.share_cents + paid.fee_cents - paid.discount_cents
        )::private.price,
        paid.is_fee_refundable
    into terms.price, terms.is_fee_refundable
    from (
        select
            sum(part.share_cents) as share_cents,
            sum(part.fee_cents) as fee_cents,
            sum(part.discount_cents) as discount_cents,
            case when count(distinct lot.fee_mode) = 1 then min(lot.fee_mode) else 'on_top' end as fee_mode,
            max(lot.fee_bps) as fee_bps,
            bool_and(lot.is_fee_refundable) as is_fee_refundable
        from private.plan_credit(
            p_learner.id, p_instructor.id, p_service.id, private.is_hourly(p_service, p_start_at), p_price.currency,
            p_service.duration_minutes
        ) part
        join public.learner_credits lot on lot.id = part.credit_id
    ) paid;

    if (terms.price).total_cents is null then
        perform private.refuse(
            'PT409', 'insufficient_credit',
            'Your prepaid hours with this instructor are not enough for this lesson.',
            'Buy more with buy_credits, or pay by card.'
        );
    end if;
    terms.credit_cents := (terms.price).total_cents;
    return terms;
end;
$$;

-- Reserves the prepaid minutes for a booking whose price came from price_by_credit, under the locks of the lots. Refuses if
-- the lots have changed since.
create function private.reserve_credit(p_booking public.bookings, p_service public.services)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    part private.credit_part;
    reserved_cents bigint := 0;
begin
    perform
    from public.learner_credits lot
    where lot.org_id = p_booking.org_id
        and lot.learner_id = p_booking.learner_id
        and lot.instructor_id = p_booking.instructor_id
        and lot.status = 'active'
    order by lot.id
    for no key update;

    for part in
        select planned.*
        from private.plan_credit(
            p_booking.learner_id, p_booking.instructor_id, p_booking.service_id,
            private.is_hourly(p_service, p_booking.start_at), p_booking.currency, p_service.duration_minutes
        ) planned
    loop
        perform private.add_credit_entry(part, 'reserve', p_booking.id, null);
        reserved_cents := reserved_cents + part.share_cents + part.fee_cents - part.discount_cents;
    end loop;

    if reserved_cents <> p_booking.credit_applied_cents
        or not exists (select from private.reserved_credit(p_booking.id))
    then
        perform private.refuse(
            'PT409', 'credit_changed',
            'Your prepaid hours have just changed.',
            'Try again.'
        );
    end if;
end;
$$;

-- The terms of a replacement booking. It keeps the original's fee, discount rate and refund rules, and its price is the
-- original's plus what the new time costs more, or minus what it costs less, at today's list prices. The original's total
-- counts towards it.
create function private.price_reschedule(
    p_terms private.booking_terms,
    p_price private.price,
    p_original_booking_id uuid
)
    returns private.booking_terms
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    terms private.booking_terms := p_terms;
    original public.bookings;
    price private.price;
    due private.price;
begin
    select * into strict original from public.bookings where id = p_original_booking_id;
    price := private.price_with_fee(
        original.currency,
        greatest(
            original.price_cents + p_price.list_cents
            - (private.price_service(original.service_id, original.instructor_id, original.start_at)).list_cents,
            0
        ),
        original.fee_mode,
        original.fee_bps
    );
    terms.price := private.discount_price(
        price,
        least(
            private.prorate(original.discount_cents, price.list_cents, original.price_cents),
            price.share_cents + price.fee_cents
        )
    );
    terms.original_total_cents := original.total_cents;
    terms.is_fee_refundable := original.is_fee_refundable;
    terms.cancellation_policy_id := original.cancellation_policy_id;

    due := terms.price;
    due.total_cents := greatest(due.total_cents - original.total_cents, 0);
    perform private.assert_price_is_payable(due);
    return terms;
end;
$$;

-- sql/50_bookings/50_reserve.sql
-- Books a published slot: the booking is held until it is paid, or confirmed at once if nothing is due.
-- Definer: learners may not write slots or bookings themselves, and the price comes from the service.
create function private.create_booking_with_payment(
    p_learner_user_id uuid,
    p_slot_id uuid,
    p_learner_id uuid,
    p_request private.booking_request
)
    returns public.bookings
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    slot public.bookable_slots;
begin
    perform private.require_person();
    select * into slot
    from public.bookable_slots
    where id = p_slot_id
        and is_published;
    if not found then
        perform private.refuse(
            'PT404', 'slot_not_found',
            'This time is not offered.',
            'Refresh the calendar and choose another time.'
        );
    end if;

    return private.reserve_slot(
        slot,
        private.require_bookable_learner(p_learner_user_id, p_learner_id, slot.org_id),
        p_request
    );
end;
$$;

-- Reserves a slot for a learner, once per client key. Turns losing a race, and breaking a rule of the tables, into refusals
-- with a code. Requests and rescheduling (64) use it too.
create function private.reserve_slot(
    p_slot public.bookable_slots,
    p_learner public.learners,
    p_request private.booking_request
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.find_booking_by_client_key(
        p_learner.id, p_request.client_key, p_slot.service_id, p_slot.instructor_id, p_slot.start_at
    );
    broken_rule text;
begin
    if booking.id is not null then
        return booking;
    end if;
    perform private.assert_place_is_valid(p_request.pickup);
    perform private.assert_place_is_valid(p_request.dropoff);
    return private.hold_slot(p_slot.id, p_learner, p_request);
exception
    when exclusion_violation or deadlock_detected or serialization_failure then
        perform private.refuse_taken_slot();
        return null;
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
        return null;
    when numeric_value_out_of_range then
        perform private.refuse_violation('places_are_on_earth');
        return null;
end;
$$;

-- The booking that an earlier request with the same client key made, if there is one. Refuses a key that was used for another
-- booking. It locks the learner's rows, so that the second of a double click waits here.
create function private.find_booking_by_client_key(
    p_learner_id uuid,
    p_client_key text,
    p_service_id uuid,
    p_instructor_id uuid,
    p_start_at timestamptz
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
begin
    perform private.lock_learner(p_learner_id);

    select * into booking
    from public.bookings
    where learner_id = p_learner_id
        and client_key = p_client_key;
    if found and (booking.service_id, booking.instructor_id, booking.start_at)
        is distinct from (p_service_id, p_instructor_id, p_start_at)
    then
        perform private.refuse(
            'PT409', 'client_key_reused',
            'This p_client_key was used before, for another booking.',
            'Send a new p_client_key for a new booking.'
        );
    end if;
    return booking;
end;
$$;

-- Refuses a pickup or dropoff that is not {"address": text, "lat": number, "lng": number}. Every key may be missing, but
-- coordinates come in pairs.
create function private.assert_place_is_valid(p_place jsonb)
    returns void
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not coalesce(
        case jsonb_typeof(p_place)
            when 'object' then
                p_place - '{address,lat,lng}'::text[] = '{}'
                and coalesce(jsonb_typeof(p_place -> 'address'), 'null') in ('string', 'null')
                and coalesce(jsonb_typeof(p_place -> 'lat'), 'null') in ('number', 'null')
                and coalesce(jsonb_typeof(p_place -> 'lng'), 'null') = coalesce(jsonb_typeof(p_place -> 'lat'), 'null')
            when 'null' then true
            else p_place is null
        end,
        true
    ) then
        perform private.refuse(
            'PT422', 'bad_place',
            'This is not a valid place for a pickup or dropoff.',
            'Send {"address": text, "lat": number, "lng": number}, or only an address, or only coordinates.'
        );
    end if;
end;
$$;

-- Refuses a time that is no longer free; wherever a race for it can be lost.
create function private.refuse_taken_slot()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'slot_taken',
        'That time has just been taken.',
        'Refresh the calendar and choose another time.'
    );
end;
$$;

-- sql/50_bookings/51_hold.sql
-- Reserves a seat of a slot for a learner and freezes the price: until the checkout deadline, or where the service asks for
-- approval, until the instructor's answer. Most losers of a race are told by an unlocked look; the others are stopped by
-- take_seat and the constraint instructor_is_never_double_booked.
-- Locks: the caller has locked the learner's row; codes and lots are locked last, as they are when they are released.
create function private.hold_slot(
    p_slot_id uuid,
    p_learner public.learners,
    p_request private.booking_request
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    learner_person_id uuid := (
        select coalesce(learner.user_id, learner.id)
        from public.learners learner
        where learner.org_id = p_learner.org_id
            and learner.id = p_learner.id
    );
    slot public.bookable_slots;
    service public.services;
    instructor public.instructors;
    organization public.organizations;
    terms private.booking_terms;
    booking public.bookings;
begin
    select * into strict slot from public.bookable_slots where id = p_slot_id;
    select * into strict service from public.services where org_id = slot.org_id and id = slot.service_id;
    select * into strict instructor from public.instructors where org_id = slot.org_id and id = slot.instructor_id;
    select * into strict organization from public.organizations where id = slot.org_id;

    perform private.assert_slot_is_bookable(slot.start_at, service, instructor);
    if instructor.user_id = p_learner.user_id then
        perform private.refuse(
            'PT422', 'own_lesson',
            'You cannot book your own lesson.',
            'Choose another instructor.'
        );
    end if;
    terms := private.price_booking(service, instructor, slot.start_at, p_learner, p_request);

    perform private.lock_daily_cap(instructor);
    perform private.expire_holds(slot.id, learner_person_id);
    perform private.assert_may_hold(learner_person_id, p_request.series_id, organization.max_open_holds);
    if not private.is_slot_open(slot.instructor_id, slot.service_id, slot.start_at) then
        perform private.refuse_taken_slot();
    end if;

    booking := private.add_booking(slot, service, organization, p_learner, learner_person_id, terms, p_request);
    if (terms.offer).kind is not null then
        perform private.reserve_discount(terms.offer, p_learner, terms.price, booking.id, null);
    end if;
    if terms.credit_cents > 0 or p_request.uses_credit then
        perform private.reserve_credit(booking, service);
    end if;
    if booking.status = 'held' and booking.due_cents = 0 then
        update public.bookings
        set status = 'confirmed',
            hold_expires_at = null
        where org_id = booking.org_id
            and id = booking.id
        returning * into booking;
    end if;
    return booking;
end;
$$;

-- Refuses a time that the service's and the instructor's rules do not let anybody book now, free or not.
create function private.assert_slot_is_bookable(
    p_start_at timestamptz,
    p_service public.services,
    p_instructor public.instructors
)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not coalesce(isfinite(p_start_at) and p_start_at > private.clock(), false) then
        perform private.refuse(
            'PT422', 'slot_in_the_past',
            'This lesson has already started.',
            'Choose a time in the future.'
        );
    end if;
    if not p_service.is_active then
        perform private.refuse(
            'PT409', 'service_inactive',
            'This lesson is no longer offered.',
            'Choose another lesson.'
        );
    end if;
    if not (p_instructor.is_active and p_instructor.is_available and p_instructor.verification_status = 'verified') then
        perform private.refuse(
            'PT409', 'instructor_unavailable',
            'This instructor does not take bookings at the moment.',
            'Choose another instructor, or try again later.'
        );
    end if;
    if p_start_at < private.clock() + make_interval(mins => p_instructor.minimum_notice_minutes) then
        perform private.refuse(
            'PT422', 'too_short_notice',
            format('This instructor needs %s minutes'' notice.', p_instructor.minimum_notice_minutes),
            'Choose a later time.'
        );
    end if;
    if p_start_at > private.clock() + make_interval(hours => 24 * p_instructor.horizon_days) then
        perform private.refuse(
            'PT422', 'too_far_ahead',
            format('This instructor can be booked up to %s days ahead.', p_instructor.horizon_days),
            'Choose an earlier time.'
        );
    end if;
end;
$$;

-- Makes the bookings of an instructor with a daily cap follow one another, since no constraint can count them. It locks the
-- login's rows in all organizations, and before anything of the slot, so that two bookings cannot deadlock.
create function private.lock_daily_cap(p_instructor public.instructors)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select colleague.id
    from public.instructors colleague
    where (colleague.id = p_instructor.id or colleague.user_id = p_instructor.user_id)
        and colleague.daily_cap is not null
    order by colleague.id
    for no key update;
$$;

-- Refuses a person who has as many unpaid bookings, held or requested, as the organization allows. A series counts once, and
-- the series that is being booked does not count.
create function private.assert_may_hold(p_learner_person_id uuid, p_series_id uuid, p_max_open_holds integer)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if (
        select count(distinct coalesce(booking.series_id, booking.id))
        from public.bookings booking
        where booking.learner_person_id = p_learner_person_id
            and booking.status in ('held', 'requested')
            and booking.hold_expires_at > private.clock()
            and (p_series_id is null or booking.series_id is distinct from p_series_id)
    ) >= p_max_open_holds then
        perform private.refuse(
            'PT409', 'too_many_holds',
            format('You already have %s unpaid bookings.', p_max_open_holds),
            'Pay for one of them, or let it expire.'
        );
    end if;
end;
$$;

-- Inserts the booking, held or requested, with its frozen price and terms. Refuses if the learner has another lesson then.
create function private.add_booking(
    p_slot public.bookable_slots,
    p_service public.services,
    p_organization public.organizations,
    p_learner public.learners,
    p_learner_person_id uuid,
    p_terms private.booking_terms,
    p_request private.booking_request
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
begin
    insert into public.bookings (
        org_id, learner_id, instructor_id, service_id, slot_id, learner_person_id, is_group, start_at, end_at,
        status, hold_expires_at,
        currency, price_cents, discount_cents, platform_fee_cents, instructor_share_cents, total_cents, fee_mode, fee_bps,
        credit_applied_cents, original_total_cents, is_fee_refundable, cancellation_policy_id, payout_hold,
        pickup_address, pickup_lat, pickup_lng, dropoff_address, dropoff_lat, dropoff_lng,
        learner_notes, client_key, series_id, original_booking_id, booked_by
    )
    values (
        p_slot.org_id, p_learner.id, p_slot.instructor_id, p_slot.service_id, p_slot.id, p_learner_person_id,
        p_slot.max_bookings > 1, p_slot.start_at, p_slot.end_at,
        case when p_service.requires_approval then 'requested' else 'held' end::public.booking_status,
        least(
            private.clock() + case
                when p_service.requires_approval then make_interval(hours => p_service.approval_hours)
                else make_interval(mins => p_organization.checkout_hold_minutes)
            end,
            p_slot.start_at
        ),
        (p_terms.price).currency, (p_terms.price).list_cents, (p_terms.price).discount_cents, (p_terms.price).fee_cents,
        (p_terms.price).share_cents, (p_terms.price).total_cents, (p_terms.price).fee_mode, (p_terms.price).fee_bps,
        p_terms.credit_cents, p_terms.original_total_cents, p_terms.is_fee_refundable, p_terms.cancellation_policy_id,
        p_organization.payout_hold,
        p_request.pickup ->> 'address', (p_request.pickup ->> 'lat')::numeric, (p_request.pickup ->> 'lng')::numeric,
        p_request.dropoff ->> 'address', (p_request.dropoff ->> 'lat')::numeric, (p_request.dropoff ->> 'lng')::numeric,
        p_request.notes, p_request.client_key, p_request.series_id, p_request.original_booking_id, private.my_user_id()
    )
    on conflict do nothing
    returning * into booking;

    if booking.id is null then
        perform private.refuse(
            'PT409', 'learner_busy',
            'You already have a lesson at that time.',
            'Choose a time that does not overlap it.'
        );
    end if;
    return booking;
end;
$$;

-- sql/50_bookings/52_request.sql
-- Books any time that list_open_slots lists, published or not. Without approval it leads straight to a held booking.
-- Definer: learners may not write slots or bookings themselves, and the price comes from the service.
create function private.request_booking(
    p_instructor_id uuid,
    p_service_id uuid,
    p_start_at timestamptz,
    p_learner_user_id uuid,
    p_learner_id uuid,
    p_request private.booking_request
)
    returns public.bookings
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    instructor public.instructors := private.require_instructor_of_service(p_instructor_id, p_service_id);
    service public.services;
    learner public.learners;
    booking public.bookings;
begin
    select * into strict service from public.services where id = p_service_id;

    learner := private.require_bookable_learner(
        case when p_learner_id is null then coalesce(p_learner_user_id, person) else p_learner_user_id end,
        p_learner_id,
        service.org_id
    );
    booking := private.find_booking_by_client_key(learner.id, p_request.client_key, service.id, instructor.id, p_start_at);
    if booking.id is not null then
        return booking;
    end if;

    perform private.assert_slot_is_bookable(p_start_at, service, instructor);
    perform private.lock_daily_cap(instructor);
    return private.reserve_slot(private.ensure_slot(service, instructor, p_start_at), learner, p_request);
end;
$$;

-- Returns the slot of an open time: the published one, or one made for this booking, which nobody else is offered. A slot that
-- an earlier booking made, and that is free again, is adapted to the service's present length and seats.
create function private.ensure_slot(
    p_service public.services,
    p_instructor public.instructors,
    p_start_at timestamptz
)
    returns public.bookable_slots
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    slot public.bookable_slots;
begin
    if not private.is_slot_open(p_instructor.id, p_service.id, p_start_at) then
        perform private.refuse_taken_slot();
    end if;

    insert into public.bookable_slots (
        org_id, service_id, instructor_id, start_at, end_at, max_bookings, is_published
    )
    values (
        p_service.org_id, p_service.id, p_instructor.id, p_start_at,
        p_start_at + make_interval(mins => p_service.duration_minutes), p_service.max_participants, false
    )
    on conflict (instructor_id, service_id, start_at) do nothing;

    select * into strict slot
    from public.bookable_slots
    where org_id = p_instructor.org_id
        and instructor_id = p_instructor.id
        and service_id = p_service.id
        and start_at = p_start_at;

    if (slot.end_at - slot.start_at, slot.max_bookings)
        <> (make_interval(mins => p_service.duration_minutes), p_service.max_participants)
    then
        perform private.expire_holds(slot.id);
        update public.bookable_slots
        set end_at = start_at + make_interval(mins => p_service.duration_minutes),
            max_bookings = p_service.max_participants
        where org_id = slot.org_id
            and id = slot.id
            and not is_published
            and current_bookings = 0;
        select * into strict slot from public.bookable_slots where org_id = slot.org_id and id = slot.id;
    end if;
    return slot;
end;
$$;

-- sql/50_bookings/53_answer.sql
-- The instructor accepts a request: the learner then has the service's approval hours to pay, or the booking is confirmed at
-- once if nothing is due. Definer: bookings change only through functions.
create function private.confirm_booking(p_booking_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_booking_request(p_booking_id);
begin
    update public.bookings
    set status = case when booking.due_cents = 0 then 'confirmed' else 'held' end::public.booking_status,
        hold_expires_at = case
            when booking.due_cents > 0 then least(
                private.clock() + make_interval(hours => service.approval_hours),
                booking.start_at
            )
        end
    from public.services service
    where bookings.id = booking.id
        and service.id = booking.service_id;
end;
$$;

-- The instructor turns a request down, which frees its time. Definer: bookings change only through functions.
create function private.decline_booking(p_booking_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_booking_request(p_booking_id);
begin
    update public.bookings
    set status = 'declined',
        hold_expires_at = null,
        cancellation_reason = left(p_reason, 2000)
    where org_id = booking.org_id
        and id = booking.id;
end;
$$;

-- Returns the requested booking, locked, if the caller is its instructor or an admin and the request has not expired.
create function private.require_booking_request(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_taught_booking(p_booking_id);
begin
    if booking.status <> 'requested' or booking.hold_expires_at <= private.clock() then
        perform private.refuse(
            'PT409', 'booking_not_requested',
            format('This booking is %s, so it cannot be confirmed or declined.', booking.status),
            'Only a request that has not expired can be confirmed or declined.'
        );
    end if;
    return booking;
end;
$$;

-- Returns the booking, locked, if the caller is its instructor or an admin of its organization. Another booking is refused
-- exactly like one that does not exist. Lessons (55) use it too.
create function private.require_taught_booking(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
begin
    perform private.require_person();
    select * into booking
    from public.bookings
    where id = p_booking_id
        and (
            instructor_id = any (private.my_instructor_ids())
            or org_id = any (private.my_admin_org_ids())
        )
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You are not the instructor of a booking with this id.',
            'Check the id, and that you are signed in as the instructor.'
        );
    end if;
    return booking;
end;
$$;

-- sql/50_bookings/54_series.sql
-- Books the same local time every so many weeks: all of the times or none, or all that are open. A date on which the clocks
-- skip that time has none to book. Times are booked in order, so that two series cannot deadlock.
-- Definer: as request_booking.
create function private.request_booking_series(
    p_instructor_id uuid,
    p_service_id uuid,
    p_start_at timestamptz,
    p_occurrences integer,
    p_every_weeks integer,
    p_mode public.series_mode,
    p_learner_user_id uuid,
    p_learner_id uuid,
    p_notes text,
    p_uses_credit boolean
)
    returns table (occurrence integer, start_at timestamptz, booking_id uuid, refusal text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    series public.booking_series := private.open_booking_series(
        p_instructor_id, p_service_id, p_start_at, p_occurrences, p_every_weeks, p_mode, p_learner_user_id, p_learner_id
    );
    local_start timestamp;
    refused_code text;
begin
    for nth in 1..p_occurrences loop
        occurrence := nth;
        local_start := p_start_at at time zone series.time_zone + make_interval(weeks => p_every_weeks * (nth - 1));
        start_at := case nth when 1 then p_start_at else local_start at time zone series.time_zone end;
        booking_id := null;
        refusal := null;
        begin
            if start_at at time zone series.time_zone <> local_start then
                perform private.refuse_taken_slot();
            end if;
            booking_id := (private.request_booking(
                p_instructor_id, p_service_id, start_at, null, series.learner_id,
                row(p_notes, null, null, null, null, false, p_uses_credit, series.id, null)::private.booking_request
            )).id;
        exception
            when sqlstate 'PT409' or sqlstate 'PT422' then
                get stacked diagnostics refused_code = pg_exception_detail;
                refusal := refused_code::jsonb ->> 'code';
                if p_mode = 'all_or_nothing' or refusal not in (
                    'slot_taken', 'learner_busy', 'too_short_notice', 'too_far_ahead'
                ) then
                    raise;
                end if;
        end;
        return next;
    end loop;

    if not exists (
        select
        from public.bookings booking
        where booking.org_id = series.org_id
            and booking.series_id = series.id
    ) then
        perform private.refuse_taken_slot();
    end if;
end;
$$;

-- Inserts the series that the bookings will belong to, for a learner for whom the caller may book.
create function private.open_booking_series(
    p_instructor_id uuid,
    p_service_id uuid,
    p_start_at timestamptz,
    p_occurrences integer,
    p_every_weeks integer,
    p_mode public.series_mode,
    p_learner_user_id uuid,
    p_learner_id uuid
)
    returns public.booking_series
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    learner public.learners;
    series public.booking_series;
    instructor public.instructors := private.require_instructor_of_service(p_instructor_id, p_service_id);
    broken_rule text;
    missing_column text;
begin
    learner := private.require_bookable_learner(
        case when p_learner_id is null then coalesce(p_learner_user_id, person) else p_learner_user_id end,
        p_learner_id,
        instructor.org_id
    );

    insert into public.booking_series (
        org_id, learner_id, instructor_id, service_id, first_start_at, time_zone, every_weeks, occurrences, mode
    )
    values (
        instructor.org_id, learner.id, instructor.id, p_service_id, p_start_at, instructor.time_zone,
        p_every_weeks, p_occurrences, p_mode
    )
    returning * into series;
    return series;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- sql/50_bookings/60_confirm.sql
-- Confirms a booking whose payment has arrived, even if it has expired, as long as its time is still free. False means that
-- the payment must be refunded: the time is taken, the lesson has started, the booking was ended or paid before, or the
-- original of a replacement is no longer confirmed. Called by accept_payment (60).
create function private.confirm_paid_booking(p_booking_id uuid)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
    refusal text;
begin
    select * into strict booking from public.bookings where id = p_booking_id for no key update;

    if booking.status not in ('held', 'expired') or booking.start_at <= private.clock() then
        return false;
    end if;
    if booking.original_booking_id is not null and not private.end_original_booking(booking.original_booking_id, 'learner') then
        return false;
    end if;
    if booking.status = 'expired' then
        perform private.expire_holds(booking.slot_id, booking.learner_person_id);
    end if;

    update public.bookings
    set status = 'confirmed',
        hold_expires_at = null
    where id = p_booking_id;
    return true;
exception
    when exclusion_violation or unique_violation then
        return false;
    when sqlstate 'PT409' then
        get stacked diagnostics refusal = pg_exception_detail;
        if refusal::jsonb ->> 'code' = 'slot_taken' then
            return false;
        end if;
        raise;
end;
$$;

-- Cancels a booking that is rescheduled: its payments go to the replacement, and nothing is refunded. False if it is no longer
-- confirmed. Rescheduling (64) calls it for a replacement that needs no payment.
create function private.end_original_booking(p_booking_id uuid, p_party public.booking_party)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.bookings
    set status = 'cancelled',
        cancelled_by = p_party,
        cancelled_at = private.clock(),
        cancellation_reason = 'Rescheduled.',
        is_rescheduled = true,
        refund_bps = 0,
        cancellation_refund_cents = 0,
        restored_minutes = case when credit_applied_cents > 0 then extract(epoch from end_at - start_at) / 60 else 0 end,
        kept_share_cents = 0
    where id = p_booking_id
        and status = 'confirmed';
    return found;
end;
$$;

-- sql/50_bookings/61_expire.sql
-- Expires held and requested bookings that have passed their deadline, and returns how many. maintain (95) calls it without
-- arguments. Booking calls it with a slot and a learner, and it then looks only at bookings that are in the way of these:
-- so an expired hold never blocks anybody, even before maintenance.
-- Bookings are locked in the order of their times, as a series locks them, so that the two cannot deadlock.
create function private.expire_holds(p_slot_id uuid default null, p_learner_person_id uuid default null)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    widest_buffer constant interval := '4 hours';
    overdue_id uuid;
    expired integer := 0;
begin
    for overdue_id in
        select booking.id
        from public.bookings booking
        where booking.status in ('held', 'requested')
            and booking.hold_expires_at <= private.clock()
            and (
                num_nonnulls(p_slot_id, p_learner_person_id) = 0
                or booking.learner_person_id = p_learner_person_id
                or booking.slot_id in (
                    select calendar.slot_id
                    from public.bookable_slots slot
                    join public.instructors instructor
                        on instructor.org_id = slot.org_id
                        and instructor.id = slot.instructor_id
                    join private.instructor_calendar calendar
                        on calendar.person_id = coalesce(instructor.user_id, instructor.id)
                        and calendar.during && tstzrange(slot.start_at - widest_buffer, slot.end_at + widest_buffer)
                    where slot.id = p_slot_id
                )
            )
        order by booking.start_at, booking.slot_id, booking.id
        limit 1000
        for no key update skip locked
    loop
        update public.bookings set status = 'expired' where id = overdue_id;
        expired := expired + 1;
    end loop;
    return expired;
end;
$$;

-- sql/50_bookings/70_guards.sql
-- Lets a booking take a seat only if its slot has one and its instructor is free, whoever writes the booking. Time, service
-- and instructor are copied from the slot, and a booking that returns to its slot must find them unchanged. The slot of a
-- group is locked first, so that its seats are counted one learner at a time.
-- Definer: the writer needs no access to slots or the calendar.
create function private.take_seat()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    slot public.bookable_slots;
begin
    if not private.occupies_slot(new.status) or (tg_op = 'UPDATE' and private.occupies_slot(old.status)) then
        return new;
    end if;

    select * into strict slot from public.bookable_slots where id = new.slot_id;
    if slot.max_bookings > 1 then
        select * into strict slot from public.bookable_slots where id = new.slot_id for no key update;
    end if;

    if tg_op = 'INSERT' then
        new.start_at := slot.start_at;
        new.end_at := slot.end_at;
        new.service_id := slot.service_id;
        new.instructor_id := slot.instructor_id;
        new.is_group := slot.max_bookings > 1;
    end if;

    if (new.start_at, new.end_at, new.service_id, new.instructor_id)
        <> (slot.start_at, slot.end_at, slot.service_id, slot.instructor_id)
        or not private.occupy_instructor(slot)
    then
        perform private.refuse_taken_slot();
    end if;
    update public.bookable_slots
    set current_bookings = current_bookings + 1
    where org_id = slot.org_id
        and id = slot.id
        and (start_at, end_at, service_id, instructor_id) = (slot.start_at, slot.end_at, slot.service_id, slot.instructor_id)
        and max_bookings = slot.max_bookings
        and current_bookings < max_bookings;
    if not found then
        perform private.refuse_taken_slot();
    end if;
    return new;
end;
$$;

create trigger take_seat
    before insert or update of status on public.bookings
    for each row execute function private.take_seat();

-- Frees the seat of a booking that ended, and the instructor's time with the last seat. A slot that was withdrawn in the meantime
-- is not offered again. 82_effects calls it.
create function private.free_seat(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    seats_taken integer;
begin
    update public.bookable_slots
    set current_bookings = current_bookings - 1,
        is_published = is_published and not (is_withdrawn_when_free and current_bookings = 1),
        is_withdrawn_when_free = is_withdrawn_when_free and current_bookings > 1
    where org_id = p_booking.org_id
        and id = p_booking.slot_id
    returning current_bookings into seats_taken;

    if seats_taken = 0 then
        delete from private.instructor_calendar where org_id = p_booking.org_id and slot_id = p_booking.slot_id;
    end if;
end;
$$;

-- Whether a booking in this status keeps its seat and its instructor's time. The constraints of public.bookings and
-- seats_taken repeat the list, because a call for each row would be slow.
create function private.occupies_slot(p_status public.booking_status)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_status not in ('cancelled', 'declined', 'expired');
$$;

-- A booking keeps its parties, its time and its price from the moment it is made. Only learner_person_id may change, when its
-- learner gets or loses a login. Definer: the writer may have no access to private.
create function private.forbid_repricing()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if row(
        new.id, new.org_id, new.learner_id, new.instructor_id, new.service_id, new.slot_id, new.is_group,
        new.start_at, new.end_at, new.currency, new.price_cents, new.discount_cents, new.platform_fee_cents,
        new.instructor_share_cents, new.total_cents, new.fee_mode, new.fee_bps, new.credit_applied_cents,
        new.original_booking_id, new.original_total_cents, new.cancellation_policy_id, new.is_fee_refundable, new.payout_hold
    ) is distinct from row(
        old.id, old.org_id, old.learner_id, old.instructor_id, old.service_id, old.slot_id, old.is_group,
        old.start_at, old.end_at, old.currency, old.price_cents, old.discount_cents, old.platform_fee_cents,
        old.instructor_share_cents, old.total_cents, old.fee_mode, old.fee_bps, old.credit_applied_cents,
        old.original_booking_id, old.original_total_cents, old.cancellation_policy_id, old.is_fee_refundable, old.payout_hold
    )
        or (
            new.learner_person_id <> old.learner_person_id
            and new.learner_person_id is distinct from (
                select coalesce(learner.user_id, learner.id)
                from public.learners learner
                where learner.id = new.learner_id
            )
        )
    then
        perform private.refuse(
            'PT409', 'booking_is_frozen',
            'A booking keeps its parties, its time and its price.',
            'Cancel it, and make another booking.'
        );
    end if;
    return new;
end;
$$;

create trigger forbid_repricing
    before update on public.bookings
    for each row execute function private.forbid_repricing();

-- Locks bookings, after the replacements reserved for them: the order in which a payment for a replacement locks the two. What ends
-- several bookings, or locks a booking's slot, payments or prepaid minutes before it ends the booking, calls this first, so that it
-- cannot deadlock with somebody who ends one of them.
create function private.lock_bookings(p_booking_ids uuid[])
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select booking.id
    from public.bookings booking
    where booking.id = any (p_booking_ids)
        or booking.original_booking_id = any (p_booking_ids)
    order by booking.created_at desc, booking.id
    for no key update;
$$;

-- sql/50_bookings/71_relations.sql
-- Creates the row of a new booking's instructor notes, and lets instructor and learner see each other. 82_effects calls it.
create function private.add_booking_relations(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into public.booking_notes (booking_id, org_id, instructor_id) values (p_booking.id, p_booking.org_id, p_booking.instructor_id);

    insert into public.instructor_learners (org_id, instructor_id, learner_id)
    values (p_booking.org_id, p_booking.instructor_id, p_booking.learner_id)
    on conflict do nothing;
end;
$$;

-- Makes the learner's bookings and used discounts count for the person behind the learner's login. 82_effects calls it when the
-- login changes.
create function private.set_learner_person(p_learner public.learners)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.bookings
    set learner_person_id = coalesce(p_learner.user_id, p_learner.id)
    where org_id = p_learner.org_id
        and learner_id = p_learner.id;
    update public.code_redemptions
    set learner_person_id = coalesce(p_learner.user_id, p_learner.id)
    where org_id = p_learner.org_id
        and learner_id = p_learner.id;
end;
$$;

-- Makes the instructor's calendar that of the person behind the instructor's login. 82_effects calls it when the login changes.
create function private.set_instructor_person(p_instructor public.instructors)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update private.instructor_calendar
    set person_id = coalesce(p_instructor.user_id, p_instructor.id)
    where org_id = p_instructor.org_id
        and instructor_id = p_instructor.id;
end;
$$;

-- Consumes the prepaid minutes of a booking that ended, as far as the instructor keeps the share, and restores the rest: all of
-- them if the booking ended unconfirmed. A booking without prepaid minutes has none. 82_effects calls it.
create function private.consume_booking_minutes(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_booking.credit_applied_cents = 0 then
        return;
    end if;

    perform private.consume_credit(
        p_booking.id,
        case
            when p_booking.status in ('completed', 'no_show') then coalesce(p_booking.restored_minutes, 0)
            else coalesce(p_booking.restored_minutes, 1440)
        end
    );
end;
$$;

-- sql/50_bookings/80_api.sql
create function public.list_open_slots(
    p_instructor_id uuid,
    p_service_id uuid,
    p_from timestamptz,
    p_to timestamptz
)
    returns table (
        start_at timestamptz,
        end_at timestamptz,
        local_start timestamp,
        local_end timestamp,
        time_zone text,
        slot_id uuid,
        seats_left integer
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        open_slot.start_at, open_slot.end_at, open_slot.local_start, open_slot.local_end,
        open_slot.time_zone, open_slot.slot_id, open_slot.seats_left
    from private.list_open_slots(p_instructor_id, p_service_id, p_from, p_to) open_slot;
end;

comment on function public.list_open_slots is
    'The times at which a service of an instructor can be booked at this instant, from p_from (inclusive) to p_to (exclusive), at most 62 days: '
    'in UTC and in the instructor''s local time. slot_id is null unless the time was published. Errors: service_not_found, bad_time_range.';

create function public.create_booking_with_payment(
    p_learner_user_id uuid,
    p_slot_id uuid,
    p_notes text default null,
    p_client_key text default null,
    p_learner_id uuid default null,
    p_pickup jsonb default null,
    p_dropoff jsonb default null,
    p_discount_code text default null,
    p_use_credits boolean default false,
    p_use_rewards boolean default false
)
    returns table (booking_id uuid, amount_cents integer, currency text, expert_id uuid, session_id uuid)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        booking.id,
        booking.due_cents::integer,
        booking.currency,
        booking.instructor_id,
        booking.service_id
    from private.create_booking_with_payment(
        p_learner_user_id,
        p_slot_id,
        p_learner_id,
        row(
            p_notes, p_client_key, p_pickup, p_dropoff, p_discount_code, p_use_rewards, p_use_credits, null, null
        )::private.booking_request
    ) booking;
end;

comment on function public.create_booking_with_payment is
    'Books a published slot and returns one row: the booking, what is due in the minor unit, its currency, the instructor''s and the service''s '
    'id. The learner is the caller, or with p_learner_id one whose guardian or school admin the caller is. Pickup and dropoff are {"address", '
    '"lat", "lng"}. The time is reserved for the organization''s checkout minutes; pay through POST /payment-intents. p_discount_code is a code '
    'that the caller has checked; p_use_credits pays everything with prepaid hours; p_use_rewards takes the learner''s rewards off. If nothing is '
    'due, the booking is confirmed already. Calling again with the same p_client_key and slot returns the same booking. Errors: sign_in_required, '
    'not_yourself, not_a_learner_here, consent_required, slot_not_found, client_key_reused, slot_in_the_past, service_inactive, '
    'instructor_unavailable, too_short_notice, too_far_ahead, own_lesson, code_not_checked, code_not_valid, one_discount_at_a_time, '
    'discount_with_credit, insufficient_credit, credit_changed, price_missing, amount_too_small, amount_too_large, too_many_holds, slot_taken, '
    'learner_busy, bad_place, and the rules of public.bookings.';

create function public.request_booking(
    p_instructor_id uuid,
    p_service_id uuid,
    p_start_at timestamptz,
    p_notes text default null,
    p_client_key text default null,
    p_learner_user_id uuid default null,
    p_learner_id uuid default null,
    p_pickup jsonb default null,
    p_dropoff jsonb default null,
    p_discount_code text default null,
    p_use_credits boolean default false,
    p_use_rewards boolean default false
)
    returns table (
        booking_id uuid,
        status public.booking_status,
        amount_cents bigint,
        currency text,
        hold_expires_at timestamptz
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        booking.id,
        booking.status,
        booking.due_cents,
        booking.currency,
        booking.hold_expires_at
    from private.request_booking(
        p_instructor_id,
        p_service_id,
        p_start_at,
        p_learner_user_id,
        p_learner_id,
        row(
            p_notes, p_client_key, p_pickup, p_dropoff, p_discount_code, p_use_rewards, p_use_credits, null, null
        )::private.booking_request
    ) booking;
end;

comment on function public.request_booking is
    'Books any time that list_open_slots lists. status: held (pay until hold_expires_at), requested (the instructor answers until then) or '
    'confirmed (nothing is due). All other parameters are as in create_booking_with_payment. '
    'Errors: sign_in_required, service_not_found, not_yourself, not_a_learner_here, consent_required, client_key_reused, slot_in_the_past, '
    'service_inactive, instructor_unavailable, too_short_notice, too_far_ahead, own_lesson, code_not_checked, '
    'code_not_valid, one_discount_at_a_time, discount_with_credit, insufficient_credit, credit_changed, price_missing, amount_too_small, '
    'amount_too_large, too_many_holds, slot_taken, learner_busy, bad_place, and the rules of public.bookings.';

create function public.request_booking_series(
    p_instructor_id uuid,
    p_service_id uuid,
    p_start_at timestamptz,
    p_occurrences integer,
    p_every_weeks integer default 1,
    p_mode public.series_mode default 'all_or_nothing',
    p_learner_user_id uuid default null,
    p_learner_id uuid default null,
    p_notes text default null,
    p_use_credits boolean default false
)
    returns table (occurrence integer, start_at timestamptz, booking_id uuid, refusal text)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select series.occurrence, series.start_at, series.booking_id, series.refusal
    from private.request_booking_series(
        p_instructor_id, p_service_id, p_start_at, p_occurrences, p_every_weeks, p_mode,
        p_learner_user_id, p_learner_id, p_notes, p_use_credits
    ) series;
end;

comment on function public.request_booking_series is
    'Books the same local time of the instructor every p_every_weeks, p_occurrences (2 to 52) times. all_or_nothing: one refusal refuses all; '
    'skip_conflicts: times that are not open are left out, and their rows say why in refusal. A series counts as one unpaid booking. '
    'Errors: sign_in_required, service_not_found, value_missing, not_yourself, not_a_learner_here, consent_required, client_key_reused, '
    'slot_in_the_past, service_inactive, instructor_unavailable, too_short_notice, too_far_ahead, own_lesson, '
    'insufficient_credit, credit_changed, price_missing, amount_too_small, amount_too_large, too_many_holds, slot_taken, '
    'learner_busy, bad_place, and the rules of public.bookings and public.booking_series.';

create function public.confirm_booking(p_booking_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.confirm_booking(p_booking_id);

comment on function public.confirm_booking is
    'Accepts a request; for its instructor or an admin. The learner then has the service''s approval hours to pay. '
    'Errors: sign_in_required, booking_not_found, booking_not_requested.';

create function public.decline_booking(p_booking_id uuid, p_reason text default null)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.decline_booking(p_booking_id, p_reason);

comment on function public.decline_booking is
    'Declines a request, which frees its time; for its instructor or an admin. Errors: sign_in_required, booking_not_found, booking_not_requested.';

create function public.set_cancellation_policy(p_org_id uuid, p_tiers jsonb)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_cancellation_policy(p_org_id, p_tiers);

comment on function public.set_cancellation_policy is
    'Sets the refunds for cancelling bookings made from now on, and returns the new version''s id; for the organization''s admins. p_tiers: '
    '[{"notice_minutes": 1440, "refund_bps": 10000}, …]; shorter notice than every tier is refunded nothing, and so is any after the start. '
    'Errors: sign_in_required, organization_not_found, bad_tiers, value_missing, and the rules of public.cancellation_tiers.';

create function public.cancellation_policy(p_org_id uuid)
    returns table (notice_minutes integer, refund_bps integer)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select tier.notice_minutes, tier.refund_bps from private.cancellation_policy(p_org_id) tier;
end;

comment on function public.cancellation_policy is
    'The refunds for cancelling a booking that is made now with an organization, by notice, in basis points of what was paid.';

-- sql/50_bookings/90_access.sql
create policy select_admin on public.cancellation_policies
    for select
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

create policy select_admin on public.cancellation_tiers
    for select
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

grant select on public.cancellation_policies to authenticated, service_role;
grant select on public.cancellation_tiers to authenticated, service_role;

create policy select_party on public.bookings
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_party on public.booking_series
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.booking_series to authenticated, service_role;
grant select on public.bookings to authenticated, service_role;
-- NOTE: no write is granted: bookings change only through functions.

create policy select_own_or_admin on public.booking_notes
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy update_own on public.booking_notes
    for update
    to authenticated
    using (instructor_id = any ((select private.my_instructor_ids())::uuid[]));

grant select on public.booking_notes to authenticated, service_role;
grant update (notes) on public.booking_notes to authenticated;

-- What frontends may watch through Realtime: no notes, addresses or amounts.
alter publication supabase_realtime add table public.bookings (id, org_id, status, start_at, end_at, updated_at);

grant execute on function private.create_booking_with_payment to authenticated;
grant execute on function public.create_booking_with_payment to authenticated;
grant execute on function private.list_open_slots to anon, authenticated;
grant execute on function public.list_open_slots to anon, authenticated;
grant execute on function private.request_booking to authenticated;
grant execute on function public.request_booking to authenticated;
grant execute on function private.request_booking_series to authenticated;
grant execute on function public.request_booking_series to authenticated;
grant execute on function private.confirm_booking to authenticated;
grant execute on function public.confirm_booking to authenticated;
grant execute on function private.decline_booking to authenticated;
grant execute on function public.decline_booking to authenticated;
grant execute on function private.set_cancellation_policy to authenticated;
grant execute on function public.set_cancellation_policy to authenticated;
grant execute on function private.cancellation_policy to anon, authenticated;
grant execute on function public.cancellation_policy to anon, authenticated;

-- sql/55_lessons/10_tables.sql
-- Lessons: what took place.
--
-- The instructor starts the lesson of a confirmed booking and completes it, or completes it directly if starting was
-- forgotten (20_lessons.sql). A booking that is completed earns the instructor the share, and captures an authorized payment:
-- both follow in 82_effects. rating, review and distance_meters wait for the rooms that will write them.
--
-- Called by instructors and their schools' admins, through 80_api.sql. A booking's status is drawn in
-- 50_bookings/11_transitions.sql.

create table public.lessons (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    booking_id uuid not null unique,
    instructor_id uuid not null,
    learner_id uuid not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    rating smallint,
    review text,
    notes text,
    distance_meters integer,
    duration_seconds integer generated always as (extract(epoch from ended_at - started_at)::integer) stored,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint end_is_not_before_start check (ended_at >= started_at),
    constraint rating_is_one_to_five check (rating between 1 and 5),
    constraint only_a_finished_lesson_is_rated check (ended_at is not null or num_nonnulls(rating, review) = 0),
    constraint distance_is_not_negative check (distance_meters >= 0),
    constraint texts_are_short check (length(review) <= 5000 and length(notes) <= 10000)
);

create index on public.lessons (org_id, booking_id);
create index on public.lessons (org_id, instructor_id);
create index on public.lessons (org_id, learner_id);
create index on public.lessons (instructor_id, started_at);
create index on public.lessons (learner_id, started_at);

comment on table public.lessons is 'A lesson that took place, or is taking place; at most one for a booking.';
comment on column public.lessons.notes is 'The instructor''s summary for the learner. Both can read it.';

alter table public.lessons enable row level security;

create trigger touch_updated_at
    before update on public.lessons
    for each row execute function private.touch_updated_at();

select private.audit_table('public.lessons', 'id', '{review,notes}');

-- sql/55_lessons/20_lessons.sql
-- Starts the lesson of a confirmed booking, at most 15 minutes early and before its booked end.
-- Definer: lessons and bookings change only through functions.
create function private.start_lesson(p_booking_id uuid)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_taught_booking(p_booking_id);
    new_lesson_id uuid;
begin
    if booking.status <> 'confirmed' then
        perform private.refuse(
            'PT409', 'booking_not_confirmed',
            format('This booking is %s, so its lesson cannot start.', booking.status),
            'Only a confirmed booking''s lesson can be started, once.'
        );
    end if;
    if private.clock() < booking.start_at - interval '15 minutes' then
        perform private.refuse(
            'PT422', 'too_early',
            'It is too early to start this lesson.',
            'A lesson can be started 15 minutes before its time.'
        );
    end if;
    if private.clock() >= booking.end_at then
        perform private.refuse(
            'PT422', 'too_late',
            'The time of this lesson is over.',
            'Complete the lesson if it took place.'
        );
    end if;

    update public.bookings set status = 'in_progress' where id = booking.id;

    insert into public.lessons (org_id, booking_id, instructor_id, learner_id, started_at)
    values (booking.org_id, booking.id, booking.instructor_id, booking.learner_id, private.clock())
    returning id into new_lesson_id;
    return new_lesson_id;
end;
$$;

-- Completes a lesson, which earns the instructor the share. A lesson that was never started counts from its booked time.
-- Definer: lessons and bookings change only through functions.
create function private.complete_lesson(p_booking_id uuid, p_notes text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_taught_booking(p_booking_id);
    completed_lesson_id uuid;
    broken_rule text;
begin
    if booking.status not in ('confirmed', 'in_progress') then
        perform private.refuse(
            'PT409', 'booking_not_confirmed',
            format('This booking is %s, so its lesson cannot be completed.', booking.status),
            'Only a confirmed booking''s lesson can be completed, once.'
        );
    end if;
    if private.clock() < booking.start_at then
        perform private.refuse(
            'PT422', 'too_early',
            'This lesson has not started yet.',
            'Complete it when it has taken place.'
        );
    end if;

    begin
        insert into public.lessons as lesson (org_id, booking_id, instructor_id, learner_id, started_at, ended_at, notes)
        values (
            booking.org_id, booking.id, booking.instructor_id, booking.learner_id,
            booking.start_at, private.clock(), p_notes
        )
        on conflict (booking_id) do update
            set ended_at = excluded.ended_at,
                notes = coalesce(excluded.notes, lesson.notes)
        returning id into completed_lesson_id;
    exception
        when check_violation then
            get stacked diagnostics broken_rule = constraint_name;
            perform private.refuse_violation(broken_rule);
    end;

    update public.bookings set status = 'completed' where id = booking.id;
    return completed_lesson_id;
end;
$$;

-- Counts a completed lesson in the instructor's public total and in the learner's. 82_effects calls it.
create function private.count_lesson(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.instructors set lesson_count = lesson_count + 1 where id = p_booking.instructor_id;
    update public.learners set lesson_count = lesson_count + 1 where id = p_booking.learner_id;
end;
$$;

-- sql/55_lessons/80_api.sql
create function public.start_lesson(p_booking_id uuid)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.start_lesson(p_booking_id);

comment on function public.start_lesson is
    'Starts the lesson of a confirmed booking, at most 15 minutes early, and returns the lesson''s id; for its instructor or an admin. '
    'Errors: sign_in_required, booking_not_found, booking_not_confirmed, too_early, too_late.';

create function public.complete_lesson(p_booking_id uuid, p_notes text default null)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.complete_lesson(p_booking_id, p_notes);

comment on function public.complete_lesson is
    'Completes a lesson and returns its id; the instructor''s share becomes payable after the organization''s payout hold. p_notes is a '
    'summary for the learner. Errors: sign_in_required, booking_not_found, booking_not_confirmed, too_early, and the rules of public.lessons.';

-- sql/55_lessons/90_access.sql
create policy select_party on public.lessons
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.lessons to authenticated, service_role;

grant execute on function private.start_lesson to authenticated;
grant execute on function public.start_lesson to authenticated;
grant execute on function private.complete_lesson to authenticated;
grant execute on function public.complete_lesson to authenticated;

-- sql/60_payments/10_tables.sql
-- Payments: money that learners pay through Stripe, and money that goes back to them.
--
-- payments   one attempt to collect money for a booking or a credit lot (one Stripe PaymentIntent), its split frozen
-- refunds    money going back to the payer, whether we or Stripe's Dashboard began it
-- suspense_items, suspense_refunds   money that matches no payment, and what was refunded of it
--
-- The webhook service calls open_payment (checkout) and record_payment_intent; 85_webhooks hands in Stripe's events through
-- apply_payment_intent, apply_charge and apply_refund; the jobs call compare_refund, record_refund, record_refund_failure,
-- record_processing_fee, record_suspense_fee and record_stripe_fees; 95_operations calls expire_purchases and
-- enqueue_stripe_fees. 64_cancellations decides refunds: create_refund, capture_payment.
-- Disputes are in 62_disputes. Every cent is posted to 20_ledger; every call to Stripe leaves through 25_outbox.
create type public.payment_kind as enum ('booking', 'credits', 'subscription');
create type public.payment_status as enum (
    'requires_payment', 'requires_action', 'processing', 'authorized', 'succeeded', 'cancelled', 'unknown'
);
create type public.refund_status as enum (
    'requested', 'pending', 'requires_action', 'succeeded', 'failed', 'cancelled', 'declined'
);

create table public.payments (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    kind public.payment_kind not null default 'booking',
    booking_id uuid,
    credit_id uuid,
    payer_id uuid references public.profiles (id) on delete set null,
    learner_id uuid not null,
    instructor_id uuid not null,
    currency text not null,
    list_cents bigint not null,
    discount_cents bigint not null,
    fee_cents bigint not null,
    share_cents bigint not null,
    amount_cents bigint not null,
    is_fee_refundable boolean not null default true,
    minutes integer not null,
    capture_method public.capture_mode not null default 'automatic',
    is_accepted boolean not null default false,
    status public.payment_status not null default 'requires_payment',
    authorized_cents bigint not null default 0,
    captured_cents bigint not null default 0,
    uncaptured_cents bigint not null default 0,
    refunded_cents bigint not null default 0,
    is_disputed boolean not null default false,
    lost_cents bigint not null default 0,
    absorbed_share_cents bigint not null default 0,
    authorized_at timestamptz,
    processing_fee_cents bigint,
    funds_available_at timestamptz,
    stripe_payment_intent_id text unique,
    stripe_charge_id text unique,
    last_event_at timestamptz,
    failure_code text,
    failure_message text,
    description text,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, credit_id) references public.learner_credits (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint kind_agrees_with_booking_or_credit check (
        (kind = 'booking') = (booking_id is not null) and (kind = 'credits') = (credit_id is not null)
    ),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amounts_are_not_negative check (least(list_cents, discount_cents, fee_cents, share_cents) >= 0),
    constraint amount_can_be_charged check (amount_cents between 1 and 99999999),
    constraint amount_is_share_plus_fee_minus_discount check (amount_cents = share_cents + fee_cents - discount_cents),
    constraint minutes_are_positive check (minutes > 0),
    constraint money_taken_is_at_most_the_amount check (
        authorized_cents between 0 and amount_cents and captured_cents between 0 and amount_cents
    ),
    constraint money_returned_is_at_most_the_amount check (
        least(uncaptured_cents, refunded_cents, lost_cents, absorbed_share_cents) >= 0
        and uncaptured_cents + refunded_cents + lost_cents <= amount_cents
    ),
    constraint only_an_authorization_is_left_uncaptured check (uncaptured_cents = 0 or capture_method = 'manual'),
    constraint a_success_captured_the_rest check (status <> 'succeeded' or captured_cents = amount_cents - uncaptured_cents),
    constraint a_success_captured_money check ((status = 'succeeded') = (captured_cents > 0)),
    constraint intent_id_is_stripes check (stripe_payment_intent_id ~ '^pi_'),
    constraint processing_fee_is_not_negative check (processing_fee_cents >= 0)
);

create unique index one_open_payment_a_booking
    on public.payments (booking_id)
    where status not in ('succeeded', 'cancelled') and not is_accepted;
create unique index one_open_payment_a_credit
    on public.payments (credit_id)
    where status not in ('succeeded', 'cancelled');
create index on public.payments (org_id, status);
create index on public.payments (org_id, booking_id);
create index on public.payments (org_id, credit_id);
create index on public.payments (org_id, learner_id);
create index on public.payments (org_id, instructor_id);
create index on public.payments (booking_id);
create index on public.payments (credit_id);
create index on public.payments (authorized_at) where status = 'authorized';
create index on public.payments (booking_id) where is_disputed;
create index on public.payments (payer_id);
create index on public.payments (learner_id);
create index on public.payments (instructor_id);
create index on public.payments (status);

comment on table public.payments is
    'One attempt to collect money: a Stripe PaymentIntent, with its split frozen. Refunds and disputes are amounts, not '
    'statuses.';
comment on column public.payments.payer_id is 'Who pays; null once that login was erased.';
comment on column public.payments.amount_cents is 'The amount charged, in the minor unit: share + fee - discount.';
comment on column public.payments.is_fee_refundable is
    'Whether refunds include the platform''s fee: the organization''s setting when the payment was opened.';
comment on column public.payments.minutes is 'Minutes of the instructor''s time that this pays for.';
comment on column public.payments.capture_method is
    'manual: the bank only authorizes the money; it is captured after the lesson.';
comment on column public.payments.is_accepted is
    'Whether the payment pays for its booking or credit lot. Money that arrives too late or twice is not accepted and is '
    'refunded.';
comment on column public.payments.uncaptured_cents is
    'The part of an authorization that is never captured; decided when the capture is requested.';
comment on column public.payments.is_disputed is 'A dispute is open, so the payment is neither refunded nor paid out.';
comment on column public.payments.lost_cents is 'The part of the payment that lost disputes have taken.';
comment on column public.payments.absorbed_share_cents is
    'The instructor''s share of lost_cents that the platform bears.';
comment on column public.payments.description is 'Text on Stripe''s payment page and receipt.';
comment on column public.payments.refunded_cents is 'Sum of the refunds that succeeded.';
comment on column public.payments.processing_fee_cents is 'Stripe''s fee for the payment; null until it is known.';
comment on column public.payments.funds_available_at is
    'When Stripe makes the money available for transfers; null until it is known.';
comment on column public.payments.last_event_at is
    'Time of the latest Stripe event applied; older events change nothing.';

create table public.refunds (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    payment_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    currency text not null,
    amount_cents bigint not null,
    share_cents bigint,
    fee_cents bigint,
    discount_cents bigint,
    unmatched_cents bigint not null default 0,
    is_made_elsewhere boolean not null default false,
    reason text not null,
    status public.refund_status not null,
    stripe_refund_id text unique,
    client_key text,
    requested_by uuid references public.profiles (id) on delete set null,
    failure_code text,
    failure_message text,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (payment_id, client_key),
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint amount_is_positive check (amount_cents > 0),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint reason_is_short check (length(reason) between 1 and 500),
    constraint refund_id_is_stripes check (stripe_refund_id ~ '^(re|pyr)_'),
    constraint what_is_made_elsewhere_is_not_at_stripe check (not is_made_elsewhere or stripe_refund_id is null),
    constraint the_split_is_whole check (num_nulls(share_cents, fee_cents, discount_cents) in (0, 3)),
    constraint amount_is_share_plus_fee_minus_discount check (
        amount_cents = share_cents + fee_cents - discount_cents + unmatched_cents
    ),
    constraint client_key_is_short check (length(client_key) between 1 and 200),
    constraint a_success_is_split check (status <> 'succeeded' or share_cents is not null)
);

create index on public.refunds (org_id, payment_id);
create index on public.refunds (org_id, learner_id);
create index on public.refunds (org_id, instructor_id);
create index on public.refunds (learner_id);
create index on public.refunds (instructor_id);
create index on public.refunds (requested_by);
create index on public.refunds (payment_id, id) where is_made_elsewhere and status = 'pending';

alter table public.credit_entries
    add foreign key (org_id, refund_id) references public.refunds (org_id, id) on delete restrict;

comment on table public.refunds is
    'Money going back to the payer. The row is written before the refund is requested from Stripe.';
comment on column public.refunds.share_cents is
    'The instructor''s part of the refund, in cumulative proportion; of a failed refund, the part that its reversal posted.';
comment on column public.refunds.unmatched_cents is
    'The part of a refund made in Stripe''s Dashboard that pays back no whole minutes; it is posted to suspense.';
comment on column public.refunds.is_made_elsewhere is
    'Made another way than through Stripe, from the platform''s bank account, and recorded by an admin.';
comment on column public.refunds.client_key is
    'Chosen by the client: a repeated request with the same key and amount is the same refund.';

create table private.suspense_items (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    payment_id uuid,
    refund_id uuid,
    stripe_payment_intent_id text unique,
    stripe_charge_id text unique,
    currency text not null,
    amount_cents bigint not null,
    processing_fee_cents bigint,
    pays_payment_id uuid,
    resolution text,
    resolved_at timestamptz,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    foreign key (org_id, refund_id) references public.refunds (org_id, id) on delete restrict,
    constraint money_came_by_an_intent_or_went_by_a_refund check (
        case when refund_id is null then stripe_payment_intent_id is not null and amount_cents > 0
            else stripe_payment_intent_id is null and amount_cents < 0 end
    ),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint resolution_is_known check (resolution in ('payment', 'refunded_elsewhere', 'written_off')),
    constraint a_resolved_item_says_when check ((resolution is null) = (resolved_at is null))
);

create index on private.suspense_items (org_id, payment_id);
create index on private.suspense_items (pays_payment_id) where pays_payment_id is not null;
create index on private.suspense_items (org_id, refund_id);

comment on table private.suspense_items is
    'Money at Stripe that matches nothing here, posted to suspense: one row for each PaymentIntent, or for each refund of prepaid hours '
    'that paid back more than whole minutes. What is left of one, left_in_suspense says.';
comment on column private.suspense_items.payment_id is 'The payment whose amount or state it did not match; null if there is none.';
comment on column private.suspense_items.amount_cents is 'What was received; of a refund, the part that matches nothing, negative.';
comment on column private.suspense_items.resolution is
    'The latest decision of an admin; payment: it pays for a payment and is no longer here.';
comment on column private.suspense_items.pays_payment_id is
    'The payment, maybe of another organization, that an admin has decided it pays for, until jobs maintain has carried that out.';

create table private.suspense_refunds (
    stripe_refund_id text not null unique,
    org_id uuid not null,
    suspense_item_id uuid not null,
    amount_cents bigint not null,
    status public.refund_status not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, stripe_refund_id),
    foreign key (org_id, suspense_item_id) references private.suspense_items (org_id, id) on delete restrict,
    constraint amount_is_positive check (amount_cents > 0),
    constraint refund_id_is_stripes check (stripe_refund_id ~ '^(re|pyr)_')
);

create index on private.suspense_refunds (org_id, suspense_item_id);

comment on table private.suspense_refunds is 'Refunds made in Stripe''s Dashboard of money that matches no payment.';

create type private.stripe_outcome as (status text, note text);
comment on type private.stripe_outcome is
    'The outcome of applying a Stripe object: processed, ignored (not ours, or nothing to do) or parked (an admin must '
    'look), and why.';

alter table public.payments enable row level security;
alter table public.refunds enable row level security;
alter table private.suspense_items enable row level security;
alter table private.suspense_refunds enable row level security;

create trigger enforce_status_transition
    before insert or update of status on public.payments
    for each row execute function private.enforce_status_transition('payment');

create trigger touch_updated_at
    before update on public.payments
    for each row execute function private.touch_updated_at();

create trigger enforce_status_transition
    before insert or update of status on public.refunds
    for each row execute function private.enforce_status_transition('refund');

create trigger touch_updated_at
    before update on public.refunds
    for each row execute function private.touch_updated_at();

select private.audit_table('public.payments', 'id');

select private.audit_table('public.refunds', 'id', '{reason}');

select private.audit_table('private.suspense_items', 'id');

-- sql/60_payments/11_transitions.sql
-- A payment follows Stripe's PaymentIntent and ends in succeeded or cancelled. A decline returns it to requires_payment,
-- because Stripe keeps the same intent for the next attempt. `unknown` means that the amount or currency received is not the
-- one requested; only a later success with the right amount leaves it.
-- Refunded and disputed are amounts of a payment, not statuses.
--
-- payment:
--   · → requires_payment: open_payment (user, service, job)
--   requires_payment, requires_action, processing, authorized → requires_payment, requires_action, processing, authorized,
--       succeeded, cancelled, unknown: apply_payment_intent (service, job)
--   unknown → succeeded: apply_payment_intent (service, job)
--
-- A refund is requested by the learner and decided by an admin, or made at once by a rule, an admin or Stripe's Dashboard. A
-- bank may return a refund after it succeeded: then it has failed, and the money is owed again.
--
-- refund:
--   · → requested: request_refund (user, service, job, studio)
--   · → pending: create_refund, refund_credits, admin_record_refund, apply_refund (user, service, job)
--   requested → pending: decide_refund (user, service, job)
--   requested → declined: decide_refund (user, service, job, studio)
--   pending → succeeded: apply_refund, post_recorded_refunds (service, job)
--   pending → requires_action, cancelled: apply_refund (service, job)
--   pending, requires_action → failed: apply_refund, record_refund_failure (service, job)
--   requires_action → succeeded, cancelled: apply_refund (service, job)
--   succeeded → failed: apply_refund (service, job)

insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('payment', 'new', 'requires_payment', '{user,service,job}'),
    ('payment', 'requires_payment', 'requires_action', '{service,job}'),
    ('payment', 'requires_payment', 'processing', '{service,job}'),
    ('payment', 'requires_payment', 'authorized', '{service,job}'),
    ('payment', 'requires_payment', 'succeeded', '{service,job}'),
    ('payment', 'requires_payment', 'cancelled', '{service,job}'),
    ('payment', 'requires_payment', 'unknown', '{service,job}'),
    ('payment', 'requires_action', 'requires_payment', '{service,job}'),
    ('payment', 'requires_action', 'processing', '{service,job}'),
    ('payment', 'requires_action', 'authorized', '{service,job}'),
    ('payment', 'requires_action', 'succeeded', '{service,job}'),
    ('payment', 'requires_action', 'cancelled', '{service,job}'),
    ('payment', 'requires_action', 'unknown', '{service,job}'),
    ('payment', 'processing', 'requires_payment', '{service,job}'),
    ('payment', 'processing', 'requires_action', '{service,job}'),
    ('payment', 'processing', 'authorized', '{service,job}'),
    ('payment', 'processing', 'succeeded', '{service,job}'),
    ('payment', 'processing', 'cancelled', '{service,job}'),
    ('payment', 'processing', 'unknown', '{service,job}'),
    ('payment', 'authorized', 'requires_payment', '{service,job}'),
    ('payment', 'authorized', 'requires_action', '{service,job}'),
    ('payment', 'authorized', 'processing', '{service,job}'),
    ('payment', 'authorized', 'succeeded', '{service,job}'),
    ('payment', 'authorized', 'cancelled', '{service,job}'),
    ('payment', 'authorized', 'unknown', '{service,job}'),
    ('payment', 'unknown', 'succeeded', '{service,job}'),
    ('refund', 'new', 'requested', '{user,service,job,studio}'),
    ('refund', 'new', 'pending', '{user,service,job}'),
    ('refund', 'requested', 'pending', '{user,service,job}'),
    ('refund', 'requested', 'declined', '{user,service,job,studio}'),
    ('refund', 'pending', 'requires_action', '{service,job}'),
    ('refund', 'pending', 'succeeded', '{service,job}'),
    ('refund', 'pending', 'failed', '{service,job}'),
    ('refund', 'pending', 'cancelled', '{service,job}'),
    ('refund', 'requires_action', 'succeeded', '{service,job}'),
    ('refund', 'requires_action', 'failed', '{service,job}'),
    ('refund', 'requires_action', 'cancelled', '{service,job}'),
    ('refund', 'succeeded', 'failed', '{service,job}');

-- sql/60_payments/20_open_for_booking.sql
-- Opens the payment of a held booking or of a credit purchase (21_open_for_credit), and returns what the webhook service needs
-- to create or fetch its PaymentIntent. The service has verified the person's token. A repeated call returns the same payment
-- and the same key.
-- Definer: the service has no access to the tables.
create function private.open_payment(p_user_id uuid, p_booking_id uuid, p_credit_id uuid default null)
    returns table (
        payment_id uuid,
        amount_cents bigint,
        currency text,
        stripe_payment_intent_id text,
        idempotency_key text,
        capture_method text,
        description text,
        transfer_group text,
        metadata jsonb
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
begin
    perform set_config('lplate.acting_user', p_user_id::text, true);
    payment := case
        when p_credit_id is null
            then private.open_booking_payment(private.require_payable_booking(p_user_id, p_booking_id), p_user_id)
        else private.open_credit_payment(private.require_payable_credit(p_user_id, p_credit_id), p_user_id)
    end;

    return query
    select
        payment.id,
        parameters.amount,
        parameters.currency,
        payment.stripe_payment_intent_id,
        private.intent_key(payment),
        parameters.capture_method,
        parameters.description,
        parameters.transfer_group,
        parameters.metadata
    from jsonb_to_record(private.intent_parameters(payment)) parameters (
        amount bigint, currency text, capture_method text, description text, transfer_group text, metadata jsonb
    );
end;
$$;

-- Returns, locked, a booking that the person may pay for now: their own, or one of a learner for whom they pay as guardian.
-- Refuses with the same error whether the booking is somebody else's or does not exist.
create function private.require_payable_booking(p_user_id uuid, p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
begin
    select * into booking
    from public.bookings
    where id = p_booking_id
        and (
            learner_id in (select learner.id from public.learners learner where learner.user_id = p_user_id)
            or learner_id = any (private.ward_ids(p_user_id, 'pay'))
        )
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You have no such booking.',
            'Check the booking''s id, and that you are signed in as the learner or as a guardian who may pay.'
        );
    end if;
    if booking.status = 'expired' or (booking.status = 'held' and booking.hold_expires_at <= private.clock()) then
        perform private.refuse(
            'PT409', 'hold_expired',
            'Your reservation has expired.',
            'Book the time again, if it is still free.'
        );
    end if;
    if booking.status <> 'held' then
        perform private.refuse(
            'PT409', 'booking_not_payable',
            format('This booking is %s, so there is nothing to pay.', booking.status),
            'Reload the booking.'
        );
    end if;
    return booking;
end;
$$;

-- Returns the booking's open payment, or opens one. A service with manual capture only authorizes the money if the lesson ends
-- within six days, because an authorization lasts seven; a booking further ahead is charged at once. A replacement booking
-- is charged only the difference from the original.
create function private.open_booking_payment(p_booking public.bookings, p_payer_id uuid)
    returns public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    original public.bookings;
begin
    select open_payment.* into payment
    from public.payments open_payment
    where open_payment.org_id = p_booking.org_id
        and open_payment.booking_id = p_booking.id
        and open_payment.status not in ('succeeded', 'cancelled');
    if found then
        return payment;
    end if;

    select * into original from public.bookings where org_id = p_booking.org_id and id = p_booking.original_booking_id;
    insert into public.payments (
        id, org_id, booking_id, payer_id, learner_id, instructor_id, currency,
        list_cents, discount_cents, fee_cents, share_cents, amount_cents, is_fee_refundable, minutes, capture_method,
        description, metadata
    )
    select
        new_id, p_booking.org_id, p_booking.id, p_payer_id, p_booking.learner_id, p_booking.instructor_id, p_booking.currency,
        p_booking.price_cents - coalesce(original.price_cents, 0),
        p_booking.discount_cents - coalesce(original.discount_cents, 0),
        p_booking.platform_fee_cents - coalesce(original.platform_fee_cents, 0),
        p_booking.instructor_share_cents - coalesce(original.instructor_share_cents, 0),
        p_booking.due_cents,
        p_booking.is_fee_refundable,
        extract(epoch from p_booking.end_at - p_booking.start_at) / 60,
        case
            when service.capture_mode = 'manual' and p_booking.end_at <= private.clock() + interval '6 days'
                then 'manual'
            else 'automatic'
        end::public.capture_mode,
        service.title,
        jsonb_build_object('payment_id', new_id, 'booking_id', p_booking.id, 'org_id', p_booking.org_id)
    from public.services service
    cross join gen_random_uuid() new_id
    where service.org_id = p_booking.org_id
        and service.id = p_booking.service_id
    returning * into payment;
    return payment;
end;
$$;

-- The idempotency key for creating a payment's PaymentIntent at Stripe.
create function private.intent_key(p_payment public.payments)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select 'payment_intent:' || p_payment.id;
$$;

-- The parameters for creating a payment's PaymentIntent: always the same ones, because Stripe compares them under one key.
create function private.intent_parameters(p_payment public.payments)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_build_object(
        'amount', p_payment.amount_cents,
        'currency', p_payment.currency,
        'capture_method', p_payment.capture_method,
        'description', p_payment.description,
        'transfer_group', p_payment.id,
        'metadata', p_payment.metadata
    );
$$;

-- sql/60_payments/21_open_for_credit.sql
-- Returns, locked, a credit purchase that the person may pay for now: their own, or one of a learner for whom they pay as
-- guardian. Refuses with the same error whether the purchase is somebody else's or does not exist. open_payment calls it.
create function private.require_payable_credit(p_user_id uuid, p_credit_id uuid)
    returns public.learner_credits
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
begin
    select * into credit
    from public.learner_credits
    where id = p_credit_id
        and (
            learner_id in (select learner.id from public.learners learner where learner.user_id = p_user_id)
            or learner_id = any (private.ward_ids(p_user_id, 'pay'))
        )
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'credit_not_found',
            'You have no such purchase of hours.',
            'Check the id, and that you are signed in as the learner or as a guardian who may pay.'
        );
    end if;
    if credit.status = 'cancelled' or (credit.status = 'pending' and credit.hold_expires_at <= private.clock()) then
        perform private.refuse(
            'PT409', 'hold_expired',
            'The time to pay at this price has expired.',
            'Buy the hours again at today''s price.'
        );
    end if;
    if credit.status <> 'pending' then
        perform private.refuse(
            'PT409', 'credit_not_payable',
            format('These hours are %s, so there is nothing to pay.', credit.status),
            'Reload your hours.'
        );
    end if;
    return credit;
end;
$$;

-- Returns the credit purchase's open payment, or opens one.
create function private.open_credit_payment(p_credit public.learner_credits, p_payer_id uuid)
    returns public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
begin
    select open_payment.* into payment
    from public.payments open_payment
    where open_payment.org_id = p_credit.org_id
        and open_payment.credit_id = p_credit.id
        and open_payment.status not in ('succeeded', 'cancelled');
    if found then
        return payment;
    end if;

    insert into public.payments (
        id, org_id, kind, credit_id, payer_id, learner_id, instructor_id, currency,
        list_cents, discount_cents, fee_cents, share_cents, amount_cents, is_fee_refundable, minutes, description, metadata
    )
    select
        new_id, p_credit.org_id, 'credits', p_credit.id, p_payer_id, p_credit.learner_id, p_credit.instructor_id,
        p_credit.currency, p_credit.price_cents, p_credit.discount_cents, p_credit.platform_fee_cents,
        p_credit.instructor_share_cents, p_credit.total_cents, p_credit.is_fee_refundable, p_credit.minutes_purchased,
        'Prepaid lessons',
        jsonb_build_object('payment_id', new_id, 'credit_id', p_credit.id, 'org_id', p_credit.org_id)
    from gen_random_uuid() new_id
    returning * into payment;
    return payment;
end;
$$;

-- sql/60_payments/22_intent.sql
-- Records Stripe's response to creating, fetching, capturing or cancelling a PaymentIntent; the webhook service and the jobs call
-- it. A response says when the intent was created and cancelled, not when it succeeded. A success is final, so it is dated
-- now; any other status may already be outdated, so it is dated at the intent's creation or cancellation. Of a fetch that settles
-- what the news of one second have left open, that second is its date: p_settles_at.
-- Definer: the services have no access to the tables.
create function private.record_payment_intent(
    p_payment_id uuid,
    p_payment_intent jsonb,
    p_settles_at timestamptz default null
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if private.uuid_or_null(p_payment_intent -> 'metadata' ->> 'payment_id') is distinct from p_payment_id then
        perform private.refuse(
            'PT422', 'wrong_payment_intent',
            'That payment intent belongs to another payment.',
            'Record the intent that was created with this payment''s metadata.'
        );
    end if;
    perform private.apply_payment_intent(
        p_payment_intent,
        case
            when p_payment_intent ->> 'status' = 'succeeded' then private.clock()
            when p_payment_intent ->> 'canceled_at' is not null then to_timestamp((p_payment_intent ->> 'canceled_at')::bigint)
            else coalesce(p_settles_at, to_timestamp((p_payment_intent ->> 'created')::bigint))
        end,
        p_settles_at is not null
    );
end;
$$;

-- Applies a PaymentIntent from a Stripe event or response to its payment. Late and repeated events change nothing: success and
-- cancellation are final; among other statuses the latest counts. Stripe dates events in whole seconds: of different news of one
-- second the furthest along counts, until a fetch has settled which was the last.
create function private.apply_payment_intent(p_intent jsonb, p_occurred_at timestamptz, p_is_fetched boolean default false)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.payment_status := private.payment_status_of(p_intent);
    payment public.payments;
begin
    if new_status = 'cancelled' then
        perform private.lock_booking_of_intent(p_intent);
    end if;
    select * into payment from private.lock_payment_of_intent(p_intent);

    if not found then
        if not private.bears_our_metadata(p_intent) then
            return row('ignored', 'not_ours')::private.stripe_outcome;
        end if;
        if new_status = 'succeeded' and private.post_to_suspense(private.platform_id(), null, p_intent, p_occurred_at) then
            return row('processed', 'set_aside')::private.stripe_outcome;
        end if;
        return row('ignored', 'unknown_payment')::private.stripe_outcome;
    end if;
    if payment.status in ('succeeded', 'cancelled') and payment.status = new_status then
        return row('processed', null)::private.stripe_outcome;
    end if;
    if new_status = 'succeeded' then
        return private.apply_payment_success(payment, p_intent, p_occurred_at);
    end if;
    if payment.status in ('succeeded', 'cancelled', 'unknown')
        or (new_status <> 'cancelled' and not private.is_latest_of_intent(payment, p_intent, p_occurred_at, p_is_fetched))
    then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    update public.payments
    set status = new_status,
        last_event_at = greatest(last_event_at, p_occurred_at),
        authorized_cents = coalesce((p_intent ->> 'amount_capturable')::bigint, 0),
        authorized_at = case when new_status = 'authorized' then coalesce(authorized_at, p_occurred_at) end,
        failure_code = private.intent_failure_code(p_intent),
        failure_message = left(p_intent #>> '{last_payment_error,message}', 500)
    where org_id = payment.org_id
        and id = payment.id
    returning * into payment;

    perform private.keep_hold_while_processing(payment.booking_id, new_status);
    if new_status = 'authorized' and payment.capture_method = 'manual' and not private.accept_payment(payment) then
        perform private.cancel_payment(payment);
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Locks the booking that a PaymentIntent has paid for. Losing an authorization cancels that booking, and whoever cancels a booking
-- locks it before its payments. Before it was accepted, a payment is locked before its booking.
create function private.lock_booking_of_intent(p_intent jsonb)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.lock_bookings(
        array(
            select payment.booking_id
            from public.payments payment
            where payment.stripe_payment_intent_id = p_intent ->> 'id'
                and payment.is_accepted
        )
    );
end;
$$;

-- Whether what Stripe says of an open PaymentIntent is the latest. If it is another thing of the same second than what is known, a fetch is
-- queued, and until then the furthest along counts, or a decline before none. A fetched answer counts unless there is later news.
create function private.is_latest_of_intent(
    p_payment public.payments,
    p_intent jsonb,
    p_occurred_at timestamptz,
    p_is_fetched boolean
)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.payment_status := private.payment_status_of(p_intent);
    new_failure_code constant text := private.intent_failure_code(p_intent);
begin
    if p_is_fetched then
        return p_occurred_at = p_payment.last_event_at;
    end if;
    if p_occurred_at = p_payment.last_event_at
        and (new_status, coalesce((p_intent ->> 'amount_capturable')::bigint, 0), coalesce(new_failure_code, ''))
        <> (p_payment.status, p_payment.authorized_cents, coalesce(p_payment.failure_code, ''))
    then
        perform private.fetch_payment_intent(p_payment);
    end if;
    return (p_occurred_at, new_status, new_failure_code is not null)
        > (coalesce(p_payment.last_event_at, '-infinity'), p_payment.status, p_payment.failure_code is not null);
end;
$$;

-- Queues a look at a PaymentIntent whose latest news are of one second, so that only Stripe knows which was the last. The answer counts as
-- of that second: whatever is later stays.
create function private.fetch_payment_intent(p_payment public.payments)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.enqueue_command(
        p_payment.org_id,
        'fetch_payment_intent',
        format('payment:%s:fetch:%s:%s', p_payment.id, extract(epoch from p_payment.last_event_at), extract(epoch from private.clock())),
        jsonb_build_object(
            'payment_id', p_payment.id,
            'payment_intent', p_payment.stripe_payment_intent_id,
            'settles_at', p_payment.last_event_at
        ),
        format('payment:%s', p_payment.id)
    );
$$;

-- Returns, locked, the payment of a PaymentIntent: by its id, or while that is not recorded yet, by the metadata we gave it (and
-- records the id); then by its id again, in case another transaction has just recorded it. No row if the intent is not ours.
create function private.lock_payment_of_intent(p_intent jsonb)
    returns setof public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    named_id uuid := private.uuid_or_null(p_intent -> 'metadata' ->> 'payment_id');
begin
    return query
    select payment.*
    from public.payments payment
    where payment.stripe_payment_intent_id = p_intent ->> 'id'
    for no key update;

    if not found then
        return query
        update public.payments payment
        set stripe_payment_intent_id = p_intent ->> 'id'
        where payment.id = named_id
            and payment.stripe_payment_intent_id is null
        returning payment.*;
    end if;

    if not found then
        return query
        select payment.*
        from public.payments payment
        where payment.stripe_payment_intent_id = p_intent ->> 'id'
        for no key update;
    end if;
end;
$$;

-- Extends the hold until the lesson's start while the bank processes the payment. If the payment then fails, the learner has the
-- checkout minutes once more.
create function private.keep_hold_while_processing(p_booking_id uuid, p_status public.payment_status)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.bookings booking
    set hold_expires_at = case p_status
        when 'processing' then booking.start_at
        else least(
            booking.hold_expires_at,
            private.clock() + make_interval(mins => organization.checkout_hold_minutes)
        )
    end
    from public.organizations organization
    where booking.id = p_booking_id
        and organization.id = booking.org_id
        and booking.status = 'held';
$$;

-- Records the id of the successful charge, by which disputes are found, and has the fee fetched that Stripe may have booked since. It
-- posts no money: events of PaymentIntents and refunds do.
create function private.apply_charge(p_charge jsonb)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.payments
    set stripe_charge_id = p_charge ->> 'id'
    where stripe_payment_intent_id = private.expandable_id(p_charge -> 'payment_intent')
        and stripe_charge_id is null
        and p_charge ->> 'status' = 'succeeded';
    perform private.fetch_fee_of_charge(p_charge);

    return case
        when exists (
            select
            from public.payments payment
            where payment.stripe_payment_intent_id = private.expandable_id(p_charge -> 'payment_intent')
        ) then row('processed', null)::private.stripe_outcome
        else row('ignored', 'unknown_payment')::private.stripe_outcome
    end;
end;
$$;

-- sql/60_payments/23_success.sql
-- Posts a successful payment, then confirms the booking or activates the credit lot that it pays for. Another amount or currency
-- than requested is posted to suspense and pays for nothing (of an authorization, any part may be captured). If the booking or
-- lot is no longer available, the payment is refunded in full. apply_payment_intent calls it.
create function private.apply_payment_success(
    p_payment public.payments,
    p_intent jsonb,
    p_occurred_at timestamptz
)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    received_cents constant bigint := coalesce((p_intent ->> 'amount_received')::bigint, 0);
    payment public.payments;
begin
    if not (
        received_cents = p_payment.amount_cents
        or (p_payment.capture_method = 'manual' and received_cents between 1 and p_payment.amount_cents)
    )
        or lower(p_intent ->> 'currency') is distinct from p_payment.currency
        or p_payment.status = 'cancelled'
    then
        perform private.post_to_suspense(p_payment.org_id, p_payment.id, p_intent, p_occurred_at);
        perform private.move_refunds_to_suspense(p_payment, p_occurred_at);
        update public.payments
        set status = 'unknown',
            authorized_cents = 0,
            failure_code = 'amount_mismatch',
            failure_message = null
        where org_id = p_payment.org_id
            and id = p_payment.id
            and status not in ('cancelled', 'unknown');
        return row('processed', 'amount_mismatch')::private.stripe_outcome;
    end if;

    update public.payments
    set status = 'succeeded',
        authorized_cents = amount_cents,
        captured_cents = received_cents,
        uncaptured_cents = amount_cents - received_cents,
        stripe_charge_id = coalesce(private.expandable_id(p_intent -> 'latest_charge'), stripe_charge_id),
        last_event_at = greatest(last_event_at, p_occurred_at),
        failure_code = null,
        failure_message = null
    where org_id = p_payment.org_id
        and id = p_payment.id
    returning * into payment;

    perform private.release_from_suspense(p_intent, p_occurred_at);
    perform private.post_payment(payment, p_occurred_at);
    perform private.enqueue_command(
        p_payment.org_id, 'fetch_processing_fee', format('payment:%s:processing_fee', p_payment.id),
        jsonb_build_object('payment_id', payment.id, 'payment_intent', p_intent ->> 'id', 'charge', payment.stripe_charge_id)
    );
    if not private.accept_payment(payment) then
        perform private.refund_rest(p_payment.id, 'What was paid for is no longer available.');
    elsif p_payment.uncaptured_cents > payment.uncaptured_cents then
        perform private.create_refund(
            payment, p_payment.uncaptured_cents - payment.uncaptured_cents, 'More was captured than was due.'
        );
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Posts a successful payment. A booking's money is owed to the instructor and the platform at once; a credit lot's is deferred
-- until its minutes are used.
create function private.post_payment(p_payment public.payments, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.post_transaction(
        p_payment.org_id, 'payment_succeeded', 'payment', p_payment.id, format('payment:%s:succeeded', p_payment.id),
        p_payment.currency, p_occurred_at,
        case p_payment.kind
            when 'credits' then array[
                row('stripe_balance', null, p_payment.captured_cents),
                row('deferred_promotions', null, p_payment.discount_cents),
                row('learner_prepaid', null, -p_payment.share_cents),
                row('deferred_fees', null, -p_payment.fee_cents)
            ]::private.posting[]
            else array[
                row('stripe_balance', null, p_payment.captured_cents),
                row('promotions', null, p_payment.discount_cents - released.discount_cents),
                row('instructor_pending', p_payment.instructor_id, released.share_cents - p_payment.share_cents),
                row('platform_fees', null, released.fee_cents - p_payment.fee_cents)
            ]::private.posting[]
        end
    )
    from private.split_refund(p_payment, p_payment.uncaptured_cents) released;
end;
$$;

-- Confirms the booking or activates the credit lot that a payment pays for, once. Returns false if it is no longer available, so
-- that the caller refunds the money or cancels the authorization.
create function private.accept_payment(p_payment public.payments)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    is_available boolean := p_payment.is_accepted;
begin
    if p_payment.is_accepted then
        return true;
    end if;
    is_available := case p_payment.kind
        when 'credits' then private.activate_credit(p_payment.credit_id)
        else private.confirm_paid_booking(p_payment.booking_id)
    end;
    if is_available then
        update public.payments set is_accepted = true where id = p_payment.id;
    end if;
    return is_available;
end;
$$;

-- Makes the minutes of a paid credit lot usable. Returns false if the lot was paid before.
create function private.activate_credit(p_credit_id uuid)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
begin
    update public.learner_credits lot
    set status = 'active',
        hold_expires_at = null,
        activated_at = private.clock(),
        expires_at = private.clock() + make_interval(months => organization.credit_validity_months)
    from public.organizations organization
    where lot.id = p_credit_id
        and organization.id = lot.org_id
        and lot.status in ('pending', 'cancelled')
    returning lot.* into credit;
    if not found then
        return false;
    end if;

    perform private.add_credit_entry(
        row(
            credit.id, credit.minutes_purchased,
            credit.instructor_share_cents, credit.platform_fee_cents, credit.discount_cents
        )::private.credit_part,
        'purchase', null, null
    );
    perform private.finish_redemption(null, credit.id, 'redeemed');
    return true;
end;
$$;

-- sql/60_payments/24_suspense.sql
-- Sets money aside that matches no payment: as an item of its own, posted to suspense once a PaymentIntent, with a command that asks
-- Stripe for its fee. Returns false if no money came. What leaves suspense is in 25_suspense_returns.sql and in 63_suspense.
create function private.post_to_suspense(p_org_id uuid, p_payment_id uuid, p_intent jsonb, p_occurred_at timestamptz)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item private.suspense_items;
begin
    if coalesce((p_intent ->> 'amount_received')::bigint, 0) = 0 then
        return false;
    end if;
    insert into private.suspense_items (
        org_id, payment_id, stripe_payment_intent_id, stripe_charge_id, currency, amount_cents
    )
    values (
        p_org_id, p_payment_id, p_intent ->> 'id', private.expandable_id(p_intent -> 'latest_charge'),
        lower(p_intent ->> 'currency'), (p_intent ->> 'amount_received')::bigint
    )
    on conflict (stripe_payment_intent_id) do nothing
    returning * into item;
    if not found then
        return true;
    end if;

    perform private.post_transaction(
        item.org_id, 'unmatched_money', 'suspense_item', item.id, format('suspense_item:%s:received', item.id),
        item.currency, p_occurred_at,
        array[
            row('stripe_balance', null, item.amount_cents),
            row('suspense', null, -item.amount_cents)
        ]::private.posting[]
    );
    perform private.enqueue_command(
        item.org_id, 'fetch_processing_fee', format('suspense_item:%s:processing_fee', item.id),
        jsonb_build_object(
            'suspense_item_id', item.id, 'payment_intent', item.stripe_payment_intent_id, 'charge', item.stripe_charge_id
        )
    );
    return true;
end;
$$;

-- Turns the refunds of a payment that were posted before its money was known to be of another amount into refunds from suspense.
create function private.move_refunds_to_suspense(p_payment public.payments, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
begin
    for refund in
        select made.*
        from public.refunds made
        where made.org_id = p_payment.org_id
            and made.payment_id = p_payment.id
            and made.status = 'succeeded'
            and made.unmatched_cents < made.amount_cents
        order by made.id
        for no key update
    loop
        perform private.post_transaction(
            refund.org_id, 'refund_from_suspense', 'refund', refund.id, format('refund:%s:from_suspense', refund.id),
            refund.currency, p_occurred_at,
            private.refund_postings(p_payment, refund, -1)
            || array[
                row('stripe_balance', null, -refund.amount_cents),
                row('suspense', null, refund.amount_cents)
            ]::private.posting[]
        );
        update public.refunds
        set share_cents = 0,
            fee_cents = 0,
            discount_cents = 0,
            unmatched_cents = amount_cents
        where org_id = refund.org_id
            and id = refund.id;
    end loop;
    update public.payments set refunded_cents = 0 where org_id = p_payment.org_id and id = p_payment.id and refunded_cents > 0;
end;
$$;

-- Reverses what was received, and its fee, once the PaymentIntent's payment is known; does nothing if none of it was set aside.
create function private.release_from_suspense(p_intent jsonb, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item private.suspense_items;
begin
    update private.suspense_items
    set resolution = 'payment',
        resolved_at = private.clock()
    where stripe_payment_intent_id = p_intent ->> 'id'
        and resolution is distinct from 'payment'
    returning * into item;
    if not found then
        return;
    end if;

    perform private.post_transaction(
        item.org_id, 'unmatched_money_matched', 'suspense_item', item.id, format('suspense_item:%s:matched', item.id),
        item.currency, p_occurred_at,
        array[
            row('stripe_balance', null, coalesce(item.processing_fee_cents, 0) - item.amount_cents),
            row('processor_fees', null, -coalesce(item.processing_fee_cents, 0)),
            row('suspense', null, item.amount_cents)
        ]::private.posting[]
    );
end;
$$;

-- Posts Stripe's fee for money in suspense. The jobs call it. Nothing is posted once the money's payment is known: the fee is
-- fetched for that payment.
-- Definer: the jobs have no access to the tables.
create function private.record_suspense_fee(p_suspense_item_id uuid, p_balance_transactions jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    item private.suspense_items;
begin
    select * into strict item from private.suspense_items where id = p_suspense_item_id for no key update;
    if item.resolution = 'payment' then
        return;
    end if;

    update private.suspense_items
    set processing_fee_cents = coalesce(processing_fee_cents, 0)
        + private.post_processing_fees(item.org_id, 'suspense_item', item.id, item.currency, p_balance_transactions)
    where org_id = item.org_id
        and id = item.id;
end;
$$;

-- sql/60_payments/25_suspense_returns.sql
-- Money that matches no payment goes back: a refund made in Stripe's Dashboard takes it from suspense, and so does a dispute. They have
-- no rows in public.refunds and public.disputes, which belong to payments. apply_refund and apply_dispute (62_disputes) call these
-- functions when they know no payment.

-- Applies a refund of money in suspense. It only moves forward, as refunds of payments do.
create function private.apply_refund_to_suspense(p_refund jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.refund_status := replace(p_refund ->> 'status', 'canceled', 'cancelled');
    item private.suspense_items;
    refund private.suspense_refunds;
begin
    select * into item
    from private.suspense_items
    where stripe_payment_intent_id = private.expandable_id(p_refund -> 'payment_intent')
    for no key update;
    if not found then
        return row('parked', 'unknown_payment')::private.stripe_outcome;
    end if;
    if lower(p_refund ->> 'currency') is distinct from item.currency then
        return row('parked', 'settlement_currency_differs')::private.stripe_outcome;
    end if;

    insert into private.suspense_refunds (org_id, stripe_refund_id, suspense_item_id, amount_cents, status)
    values (item.org_id, p_refund ->> 'id', item.id, (p_refund ->> 'amount')::bigint, 'pending')
    on conflict (stripe_refund_id) do nothing;
    select * into strict refund from private.suspense_refunds where stripe_refund_id = p_refund ->> 'id';
    if new_status <= refund.status then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    if new_status = 'succeeded' then
        perform private.post_suspense_refund(item, refund, 'succeeded', 1, p_occurred_at);
    elsif refund.status = 'succeeded' then
        perform private.post_suspense_refund(item, refund, 'failed', -1, p_occurred_at);
    end if;
    update private.suspense_refunds
    set status = new_status
    where org_id = refund.org_id
        and stripe_refund_id = refund.stripe_refund_id;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Posts a refund of money in suspense (p_sign 1) or its reversal (-1).
create function private.post_suspense_refund(
    p_item private.suspense_items,
    p_refund private.suspense_refunds,
    p_step text,
    p_sign integer,
    p_occurred_at timestamptz
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.post_transaction(
        p_item.org_id, 'suspense_refund_' || p_step, 'suspense_item', p_item.id,
        format('suspense_refund:%s:%s', p_refund.stripe_refund_id, p_step),
        p_item.currency, p_occurred_at,
        array[
            row('stripe_balance', null, -p_sign * p_refund.amount_cents),
            row('suspense', null, p_sign * p_refund.amount_cents)
        ]::private.posting[]
    );
$$;

-- Applies a dispute over money in suspense: what Stripe withdraws leaves it, and what Stripe reinstates comes back. The admins are told
-- when it needs a response.
create function private.apply_dispute_to_suspense(p_dispute jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item private.suspense_items;
begin
    select * into item
    from private.suspense_items
    where stripe_payment_intent_id = private.expandable_id(p_dispute -> 'payment_intent')
        or stripe_charge_id = private.expandable_id(p_dispute -> 'charge')
    for no key update;
    if not found then
        return row('parked', 'unknown_payment')::private.stripe_outcome;
    end if;
    if lower(p_dispute ->> 'currency') is distinct from item.currency then
        return row('parked', 'settlement_currency_differs')::private.stripe_outcome;
    end if;

    perform private.post_transaction(
        item.org_id, 'suspense_dispute', 'suspense_item', item.id, format('suspense_dispute:%s', moved.id),
        item.currency, p_occurred_at,
        array[
            row('stripe_balance', null, moved.amount - moved.fee),
            row('dispute_fees', null, moved.fee),
            row('suspense', null, -moved.amount)
        ]::private.posting[]
    )
    from jsonb_to_recordset(p_dispute -> 'balance_transactions') moved (id text, amount bigint, fee bigint);

    if p_dispute ->> 'status' in ('warning_needs_response', 'needs_response') then
        perform private.raise_alert(
            item.org_id, null, 'dispute_' || (p_dispute ->> 'status'),
            'The payer''s bank disputes money that matches no payment. Submit evidence in Stripe''s Dashboard.',
            'suspense_items', item.id, format('dispute:%s:%s', p_dispute ->> 'id', p_dispute ->> 'status')
        );
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- sql/60_payments/26_processing_fee.sql
-- Posts Stripe's fee for a payment, and records when the money can be transferred. Stripe books several balance transactions for one
-- payment (a partial capture is booked as the whole and a reversal of the rest), some of them late: each is posted once.
-- Definer: the jobs have no access to the tables.
create function private.record_processing_fee(p_payment_id uuid, p_balance_transactions jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
begin
    select * into strict payment from public.payments where id = p_payment_id for no key update;

    update public.payments
    set processing_fee_cents = coalesce(processing_fee_cents, 0)
            + private.post_processing_fees(payment.org_id, 'payment', payment.id, payment.currency, p_balance_transactions),
        funds_available_at = greatest(
            funds_available_at,
            (
                select to_timestamp(max(given.available_on))
                from jsonb_to_recordset(p_balance_transactions) given (available_on bigint)
            )
        )
    where org_id = payment.org_id
        and id = payment.id;
end;
$$;

-- Has Stripe's fee of a payment fetched when its charge has changed: Stripe may have booked more of it by then. A command that still
-- waits is carried out now; after one that is finished there is another, one for each balance transaction that the charge names.
create function private.fetch_fee_of_charge(p_charge jsonb)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    first_key text;
begin
    select * into payment
    from public.payments
    where stripe_charge_id = p_charge ->> 'id'
        and status = 'succeeded';
    if not found or private.expandable_id(p_charge -> 'balance_transaction') is null then
        return;
    end if;

    first_key := format('payment:%s:processing_fee', payment.id);
    update private.outbox
    set available_at = least(available_at, private.clock())
    where org_id = payment.org_id
        and idempotency_key = first_key
        and num_nonnulls(processed_at, dead_at, leased_by) = 0;
    if not found then
        perform private.enqueue_command(
            payment.org_id, 'fetch_processing_fee',
            format('%s:%s', first_key, private.expandable_id(p_charge -> 'balance_transaction')),
            jsonb_build_object(
                'payment_id', payment.id,
                'payment_intent', payment.stripe_payment_intent_id,
                'charge', payment.stripe_charge_id
            )
        );
    end if;
end;
$$;

-- Posts the fees of a payment's or suspense item's balance transactions, each once, and returns the sum of those that are new.
create function private.post_processing_fees(
    p_org_id uuid,
    p_source_type text,
    p_source_id uuid,
    p_currency text,
    p_balance_transactions jsonb
)
    returns bigint
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    given record;
    new_cents bigint := 0;
begin
    for given in
        select told.id, told.fee, told.currency
        from jsonb_to_recordset(p_balance_transactions) told (id text, fee bigint, currency text)
        order by told.id
    loop
        if given.currency is distinct from p_currency then
            perform private.refuse(
                'PT422', 'settlement_currency_differs',
                'Stripe settled this payment in another currency.',
                'Add a bank account in the payment''s currency to the Stripe account; amounts are not converted here.'
            );
        end if;
        if private.post_transaction(
            p_org_id, 'processing_fee', p_source_type, p_source_id,
            format('%s:%s:processing_fee:%s', p_source_type, p_source_id, given.id),
            p_currency, private.clock(),
            array[
                row('processor_fees', null, given.fee),
                row('stripe_balance', null, -given.fee)
            ]::private.posting[]
        ) then
            new_cents := new_cents + given.fee;
        end if;
    end loop;
    return new_cents;
end;
$$;

-- sql/60_payments/27_stripe_fees.sql
-- Stripe's fees that belong to no object of ours, such as those of Connect, Radar or currency conversion: posted to the platform's
-- organization, to the day on which Stripe took them.

-- Queues a command for every day (UTC) of the last week that has ended and whose fees were not fetched yet, once there are payments at
-- Stripe; returns how many. Called by jobs maintain.
create function private.enqueue_stripe_fees()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    today constant timestamptz := date_trunc('day', private.clock() - interval '1 hour', 'UTC');
    day record;
    queued_count integer := 0;
begin
    for day in
        select ended.from_at, format('stripe_fees:%s', to_char(ended.from_at at time zone 'UTC', 'YYYY-MM-DD')) as key
        from generate_series(today - interval '7 days', today - interval '1 day', interval '1 day') ended (from_at)
        where exists (
            select
            from public.payments payment
            where payment.stripe_payment_intent_id is not null
                and payment.created_at < ended.from_at + interval '1 day'
        )
    loop
        continue when exists (
            select
            from private.outbox command
            where command.org_id = private.platform_id()
                and command.idempotency_key = day.key
        );
        perform private.enqueue_command(
            private.platform_id(), 'fetch_stripe_fees', day.key,
            jsonb_build_object(
                'from', extract(epoch from day.from_at)::bigint,
                'until', extract(epoch from day.from_at + interval '1 day')::bigint,
                'types', jsonb_build_array('stripe_fee', 'stripe_fx_fee', 'tax_fee', 'network_cost')
            )
        );
        queued_count := queued_count + 1;
    end loop;
    return queued_count;
end;
$$;

-- Posts such fees, each balance transaction once. The jobs call it.
-- Definer: the jobs have no access to the ledger.
create function private.record_stripe_fees(p_balance_transactions jsonb)
    returns void
    language sql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
    select private.post_transaction(
        private.platform_id(), 'stripe_fee', 'balance_transaction', null, format('balance_transaction:%s', fee.id),
        fee.currency, to_timestamp(fee.created),
        array[
            row('processor_fees', null, -fee.net),
            row('stripe_balance', null, fee.net)
        ]::private.posting[]
    )
    from jsonb_to_recordset(p_balance_transactions) fee (id text, currency text, net bigint, created bigint)
    order by fee.id;
$$;

-- sql/60_payments/30_capture.sql
-- Captures the authorized payments of a lesson that was given, or that the learner missed. If it was rescheduled to a cheaper
-- time, only the new price is captured. 82_effects calls it.
create function private.capture_booking_payments(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    paid record;
    payment public.payments;
begin
    for paid in
        select part.payment_id, part.whole_cents - part.price_cents as uncaptured_cents
        from private.allocate_price(p_booking.id, p_booking) part
    loop
        select * into payment from public.payments where id = paid.payment_id and status = 'authorized' for no key update;
        if found then
            perform private.capture_payment(payment, paid.uncaptured_cents);
        end if;
    end loop;
end;
$$;

-- Fixes how much of an authorization is never captured and queues the capture of the rest. If nothing is to be captured, the
-- authorization is cancelled instead.
create function private.capture_payment(p_payment public.payments, p_released_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.payments set uncaptured_cents = p_released_cents where id = p_payment.id;
    if p_released_cents = p_payment.amount_cents then
        perform private.cancel_payment(p_payment);
        return;
    end if;

    perform private.enqueue_command(
        p_payment.org_id, 'capture_payment', format('payment:%s:capture', p_payment.id),
        jsonb_build_object(
            'payment_id', p_payment.id,
            'payment_intent', p_payment.stripe_payment_intent_id,
            'amount_cents', p_payment.amount_cents - p_released_cents,
            'idempotency_key', format('payment:%s:capture', p_payment.id)
        ),
        format('payment:%s', p_payment.id)
    );
end;
$$;

-- Locks the payments of a booking, and of the booking that it replaces, so that nothing is refunded, disputed or lost of them
-- until the transaction ends. Payments that were not accepted belong to no booking and stay free.
create function private.lock_booking_payments(p_booking public.bookings)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select payment.id
    from public.payments payment
    where payment.org_id = p_booking.org_id
        and payment.booking_id in (p_booking.id, p_booking.original_booking_id)
        and payment.is_accepted
    order by payment.id
    for no key update;
$$;

-- sql/60_payments/31_cancel.sql
-- Cancels at Stripe the open payment of a booking or a credit purchase that ended unpaid. Its discount is free again once Stripe
-- confirms the cancellation, or at once if there is no payment.
create function private.cancel_open_payment(p_booking_id uuid, p_credit_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    open_payment public.payments;
begin
    select payment.* into open_payment
    from public.payments payment
    where (payment.booking_id = p_booking_id or payment.credit_id = p_credit_id)
        and payment.status not in ('succeeded', 'cancelled', 'unknown')
        and not payment.is_accepted;

    if found then
        perform private.cancel_payment(open_payment);
    elsif not exists (
        select
        from public.payments payment
        where (payment.booking_id = p_booking_id or payment.credit_id = p_credit_id)
            and payment.status <> 'cancelled'
    ) then
        perform private.finish_redemption(p_booking_id, p_credit_id, 'released');
    end if;
end;
$$;

-- Queues the command that cancels a payment's PaymentIntent at Stripe, once. The command first creates the intent, with the same
-- key, if its id is not recorded: so no intent whose creation is still under way can be paid later.
create function private.cancel_payment(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.enqueue_command(
        p_payment.org_id, 'cancel_payment_intent', format('payment:%s:cancel', p_payment.id),
        jsonb_build_object(
            'payment_id', p_payment.id,
            'payment_intent', p_payment.stripe_payment_intent_id,
            'create', private.intent_parameters(p_payment),
            'create_key', private.intent_key(p_payment)
        ),
        format('payment:%s', p_payment.id)
    );
end;
$$;

-- Cancels credit purchases that were not paid in time, and returns how many. The jobs call it through maintenance.
create function private.expire_purchases()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    overdue_id uuid;
    cancelled_count integer := 0;
begin
    for overdue_id in
        select credit.id
        from public.learner_credits credit
        where credit.status = 'pending'
            and credit.hold_expires_at <= private.clock()
        order by credit.id
        limit 1000
        for no key update skip locked
    loop
        update public.learner_credits set status = 'cancelled' where id = overdue_id;
        perform private.cancel_open_payment(null, overdue_id);
        cancelled_count := cancelled_count + 1;
    end loop;
    return cancelled_count;
end;
$$;

-- Undoes what a payment had paid for that Stripe has cancelled. Its discount is free again. If an authorization was lost, the
-- booking that it confirmed is cancelled; if the lesson was given already, the admins are told. 82_effects calls it.
create function private.undo_cancelled_payment(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if exists (
        select
        from public.bookings booking
        where booking.org_id = p_payment.org_id
            and booking.id = p_payment.booking_id
            and booking.status not in ('cancelled', 'declined', 'expired')
            and not p_payment.is_accepted
    ) or exists (
        select
        from public.learner_credits credit
        where credit.org_id = p_payment.org_id
            and credit.id = p_payment.credit_id
            and credit.status <> 'cancelled'
    ) then
        return;
    end if;

    perform private.finish_redemption(p_payment.booking_id, p_payment.credit_id, 'released');
    if p_payment.is_accepted then
        perform private.restore_discount(p_payment.booking_id, p_payment.credit_id);
        update public.bookings
        set status = 'cancelled',
            cancelled_by = 'system',
            cancelled_at = private.clock(),
            cancellation_reason = 'The authorization of the payment has ended.'
        where org_id = p_payment.org_id
            and id = p_payment.booking_id
            and status in ('confirmed', 'in_progress');
        if found or p_payment.uncaptured_cents < p_payment.amount_cents and exists (
            select
            from public.bookings booking
            where booking.org_id = p_payment.org_id
                and booking.id = p_payment.booking_id
                and (booking.status in ('completed', 'no_show') or booking.kept_share_cents > 0)
        ) then
            perform private.raise_alert(
                p_payment.org_id, p_payment.instructor_id, 'authorization_lost',
                'A payment that was authorized could not be captured any more.',
                'payments', p_payment.id, format('payment:%s:authorization_lost', p_payment.id)
            );
        end if;
    end if;
end;
$$;

-- sql/60_payments/40_refund.sql
-- Refunds all that is left of a payment; does nothing if nothing is left.
create function private.refund_rest(p_payment_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    rest_cents bigint;
begin
    select * into strict payment from public.payments where id = p_payment_id for no key update;
    rest_cents := private.refundable_cents(payment);
    if rest_cents > 0 then
        perform private.create_refund(payment, rest_cents, p_reason);
    end if;
end;
$$;

-- Creates a refund and queues the command that makes it at Stripe. The caller holds the payment's lock.
create function private.create_refund(
    p_payment public.payments,
    p_amount_cents bigint,
    p_reason text,
    p_client_key text default null
)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_refund_id uuid;
begin
    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, client_key, requested_by
    )
    values (
        p_payment.org_id, p_payment.id, p_payment.learner_id, p_payment.instructor_id,
        p_payment.currency, p_amount_cents, p_reason, 'pending', p_client_key, private.my_user_id()
    )
    returning id into new_refund_id;

    perform private.send_refund(new_refund_id);
    return new_refund_id;
end;
$$;

-- Queues the command that makes a refund at Stripe, once, under a key made of the row's id.
create function private.send_refund(p_refund_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.enqueue_command(
        refund.org_id, 'refund_payment', format('refund:%s', refund.id),
        jsonb_build_object(
            'refund_id', refund.id,
            'payment_intent', payment.stripe_payment_intent_id,
            'amount_cents', refund.amount_cents,
            'currency', refund.currency,
            'idempotency_key', format('refund:%s', refund.id),
            'metadata', jsonb_build_object('refund_id', refund.id, 'payment_id', payment.id)
        ),
        format('payment:%s', payment.id)
    )
    from public.refunds refund
    join public.payments payment on payment.org_id = refund.org_id and payment.id = refund.payment_id
    where refund.id = p_refund_id;
$$;

-- Records that Stripe finally refused a refund: the money is still owed to the learner. The jobs call it.
-- Definer: the jobs have no access to the tables.
create function private.record_refund_failure(p_refund_id uuid, p_code text, p_message text)
    returns void
    language sql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
    update public.refunds
    set status = 'failed',
        failure_code = left(p_code, 100),
        failure_message = left(p_message, 500)
    where id = p_refund_id
        and status in ('pending', 'requires_action');
$$;

-- sql/60_payments/41_refund_events.sql
-- Records Stripe's response to a refund from the outbox. Definer: the jobs have no access to the tables.
create function private.record_refund(p_refund_id uuid, p_refund jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if private.uuid_or_null(p_refund -> 'metadata' ->> 'refund_id') is distinct from p_refund_id then
        perform private.refuse(
            'PT422', 'wrong_refund',
            'That refund belongs to another row.',
            'Record the refund that was created with this row''s metadata.'
        );
    end if;
    perform private.apply_refund(p_refund, private.clock());
end;
$$;

-- Applies a refund from a Stripe event or response, also one made in Stripe's Dashboard. A refund only moves forward (pending,
-- requires_action, succeeded, then possibly failed), so late events change nothing. It is in the payment's currency, unless
-- the money itself came in another one and is in suspense.
create function private.apply_refund(p_refund jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.refund_status := replace(p_refund ->> 'status', 'canceled', 'cancelled');
    payment public.payments;
    refund public.refunds;
begin
    select * into payment
    from public.payments
    where stripe_payment_intent_id = private.expandable_id(p_refund -> 'payment_intent')
    for no key update;
    if not found then
        return private.apply_refund_to_suspense(p_refund, p_occurred_at);
    end if;
    if payment.status <> 'unknown' and lower(p_refund ->> 'currency') is distinct from payment.currency then
        return row('parked', 'refund_currency_differs')::private.stripe_outcome;
    end if;

    refund := private.find_or_add_refund(payment, p_refund);
    if new_status <= refund.status then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    if new_status = 'succeeded' then
        perform private.post_refund(payment, refund, p_occurred_at);
    elsif refund.status = 'succeeded' then
        perform private.reverse_refund(payment, refund, p_occurred_at);
    end if;

    update public.refunds
    set status = new_status,
        failure_code = p_refund ->> 'failure_reason'
    where org_id = refund.org_id
        and id = refund.id;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Returns the row of a Stripe refund: by its id, by the metadata we gave it, or added now if it was made in Stripe's Dashboard.
create function private.find_or_add_refund(p_payment public.payments, p_refund jsonb)
    returns public.refunds
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
begin
    select * into refund from public.refunds where stripe_refund_id = p_refund ->> 'id';
    if found then
        return refund;
    end if;

    update public.refunds
    set stripe_refund_id = p_refund ->> 'id'
    where id = private.uuid_or_null(p_refund -> 'metadata' ->> 'refund_id')
        and payment_id = p_payment.id
        and amount_cents = (p_refund ->> 'amount')::bigint
        and stripe_refund_id is null
    returning * into refund;
    if found then
        return refund;
    end if;

    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, stripe_refund_id
    )
    values (
        p_payment.org_id, p_payment.id, p_payment.learner_id, p_payment.instructor_id, lower(p_refund ->> 'currency'),
        (p_refund ->> 'amount')::bigint, 'Made in Stripe''s Dashboard.', 'pending', p_refund ->> 'id'
    )
    returning * into refund;
    if p_payment.kind = 'credits' and p_payment.is_accepted then
        refund := private.take_refunded_minutes(p_payment, refund);
    end if;
    return refund;
end;
$$;

-- Takes from a credit lot the minutes that a refund made in Stripe's Dashboard pays back: as many whole minutes as are left, or were
-- lost to disputes, and as the amount covers. The rest is posted to suspense until an admin resolves it. What disputes have cost is
-- of what no refund has paid back, so lost minutes are restored first; 82_effects has them taken again.
create function private.take_refunded_minutes(p_payment public.payments, p_refund public.refunds)
    returns public.refunds
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
    lost_minutes constant integer := (private.lost_minutes(p_payment.credit_id)).minutes;
    part private.credit_part;
    refund public.refunds;
begin
    select * into strict credit
    from public.learner_credits
    where org_id = p_payment.org_id
        and id = p_payment.credit_id
    for no key update;
    if lost_minutes > 0 and p_refund.amount_cents * credit.minutes_purchased >= credit.total_cents then
        perform private.restore_lost_minutes(credit, lost_minutes);
        select * into strict credit from public.learner_credits where org_id = credit.org_id and id = credit.id;
    end if;
    part := private.next_credit_part(
        credit,
        least(credit.minutes_left, p_refund.amount_cents * credit.minutes_purchased / credit.total_cents)::integer
    );
    if part.share_cents + part.fee_cents - part.discount_cents > p_refund.amount_cents then
        part := private.next_credit_part(credit, part.minutes - 1);
    end if;

    update public.refunds
    set share_cents = part.share_cents,
        fee_cents = part.fee_cents,
        discount_cents = part.discount_cents,
        unmatched_cents = amount_cents - (part.share_cents + part.fee_cents - part.discount_cents)
    where org_id = p_refund.org_id
        and id = p_refund.id
    returning * into refund;
    if part.minutes > 0 then
        perform private.add_credit_entry(part, 'refund', null, refund.id);
    end if;
    if refund.unmatched_cents > 0 then
        insert into private.suspense_items (org_id, refund_id, currency, amount_cents)
        values (refund.org_id, refund.id, refund.currency, -refund.unmatched_cents);
    end if;
    return refund;
end;
$$;

-- Restores the discount of what a refund paid back, once the whole payment was refunded. 82_effects calls it.
create function private.finish_refund(p_refund public.refunds)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.restore_discount(payment.booking_id, payment.credit_id)
    from public.payments payment
    where payment.org_id = p_refund.org_id
        and payment.id = p_refund.payment_id
        and payment.refunded_cents = payment.captured_cents;
end;
$$;

-- A refund that failed is still owed: its prepaid minutes are restored, and the admins are told. 82_effects calls it.
create function private.undo_failed_refund(p_refund public.refunds)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    entry public.credit_entries;
begin
    select * into entry
    from public.credit_entries
    where org_id = p_refund.org_id
        and refund_id = p_refund.id
        and kind = 'refund';
    if found then
        perform private.add_credit_entry(
            row(entry.credit_id, entry.minutes, entry.share_cents, entry.fee_cents, entry.discount_cents)::private.credit_part,
            'refund_failed', null, p_refund.id
        );
    end if;
    perform private.raise_alert(
        p_refund.org_id, null, 'refund_failed',
        case p_refund.failure_code
            when 'refunds_not_in_books' then
                'A refund was not sent, because Stripe had refunded the payment before and the books did not know it. They do now: '
                'refund only what is still owed.'
            else 'A refund did not reach the payer. The money is still owed: refund it again, or another way.'
        end,
        'refunds', p_refund.id, format('refund:%s:failed', p_refund.id)
    );
end;
$$;

-- sql/60_payments/42_refund_postings.sql
-- Posts a refund that succeeded. Its parts are cumulative (the split of all refunds after it, less the split of those before it), so
-- the last refund brings every account to zero. What a lost dispute had taken of the refunded part is not lost with the payment any
-- more: 82_effects has 62_disputes correct that. A refund of money that paid for nothing is taken from suspense.
-- apply_refund calls it.
create function private.post_refund(
    p_payment public.payments,
    p_refund public.refunds,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
begin
    if private.is_set_aside(p_payment) then
        update public.refunds
        set share_cents = 0,
            fee_cents = 0,
            discount_cents = 0,
            unmatched_cents = amount_cents
        where org_id = p_refund.org_id
            and id = p_refund.id;
    elsif p_payment.kind = 'booking' or not p_payment.is_accepted then
        update public.refunds
        set share_cents = after.share_cents - before.share_cents,
            fee_cents = after.fee_cents - before.fee_cents,
            discount_cents = after.discount_cents - before.discount_cents
        from private.split_refund(p_payment, private.returned_cents(p_payment)) before
        cross join private.split_refund(p_payment, private.returned_cents(p_payment) + p_refund.amount_cents) after
        where id = p_refund.id;
    end if;
    select * into strict refund from public.refunds where org_id = p_refund.org_id and id = p_refund.id;

    update public.payments
    set refunded_cents = refunded_cents + p_refund.amount_cents,
        lost_cents = least(lost_cents, amount_cents - uncaptured_cents - refunded_cents - p_refund.amount_cents)
    where org_id = p_payment.org_id
        and id = p_payment.id
        and not private.is_set_aside(payments);

    perform private.post_transaction(
        refund.org_id, 'refund_succeeded', 'refund', refund.id, format('refund:%s:succeeded', refund.id),
        refund.currency, p_occurred_at, private.refund_postings(p_payment, refund, 1)
    );
end;
$$;

-- Reverses a refund that the bank returned after it had succeeded. Its parts are again the difference of two cumulative splits,
-- so the ledger does not depend on the order in which several refunds succeeded and failed.
create function private.reverse_refund(
    p_payment public.payments,
    p_refund public.refunds,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
begin
    if not private.is_set_aside(p_payment) and (p_payment.kind = 'booking' or not p_payment.is_accepted) then
        update public.refunds
        set share_cents = before.share_cents - after.share_cents,
            fee_cents = before.fee_cents - after.fee_cents,
            discount_cents = before.discount_cents - after.discount_cents
        from private.split_refund(p_payment, private.returned_cents(p_payment)) before
        cross join private.split_refund(p_payment, private.returned_cents(p_payment) - p_refund.amount_cents) after
        where id = p_refund.id;
    end if;
    select * into strict refund from public.refunds where org_id = p_refund.org_id and id = p_refund.id;

    update public.payments
    set refunded_cents = refunded_cents - p_refund.amount_cents
    where org_id = p_payment.org_id
        and id = p_payment.id
        and not private.is_set_aside(payments);

    perform private.post_transaction(
        refund.org_id, 'refund_failed', 'refund', refund.id, format('refund:%s:failed', refund.id),
        refund.currency, p_occurred_at, private.refund_postings(p_payment, refund, -1)
    );
end;
$$;

-- The ledger lines of a refund (p_sign 1) or of its reversal (-1). If the fee is not refundable, refunding prepaid minutes turns
-- their deferred fee and discount into the platform's income and cost.
create function private.refund_postings(p_payment public.payments, p_refund public.refunds, p_sign integer)
    returns private.posting[]
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select array_agg(
        row(
            line.account_kind,
            case line.account_kind when 'instructor_pending' then p_refund.instructor_id end,
            p_sign * line.amount_cents
        )::private.posting
    )
    from (
        select
            case when p_refund.is_made_elsewhere then 'platform_bank' else 'stripe_balance' end::private.ledger_account_kind as account_kind,
            -p_refund.amount_cents as amount_cents
        union all
        select 'suspense', p_refund.unmatched_cents
        union all
        select share.account_kind, part.cents
        from (
            values
                ('instructor_pending'::private.ledger_account_kind, 'learner_prepaid'::private.ledger_account_kind, 1),
                ('platform_fees', 'deferred_fees', 2),
                ('promotions', 'deferred_promotions', 3)
        ) account (earned, deferred, nth)
        cross join lateral (
            select case p_payment.kind when 'credits' then account.deferred else account.earned end as account_kind
        ) share
        cross join lateral (
            select (array[p_refund.share_cents, p_refund.fee_cents, -p_refund.discount_cents])[account.nth] as cents
        ) part
        union all
        select kept.account_kind, kept.cents
        from public.credit_entries entry
        cross join lateral (
            values
                ('deferred_fees'::private.ledger_account_kind, entry.fee_cents - p_refund.fee_cents),
                ('platform_fees', p_refund.fee_cents - entry.fee_cents),
                ('deferred_promotions', p_refund.discount_cents - entry.discount_cents),
                ('promotions', entry.discount_cents - p_refund.discount_cents)
        ) kept (account_kind, cents)
        where entry.org_id = p_refund.org_id
            and entry.refund_id = p_refund.id
            and entry.kind = 'refund'
    ) line;
$$;

-- sql/60_payments/43_free_bookings.sql
-- Moves the payments and the discount of an original booking to its confirmed replacement. A booking that replaces none is left
-- alone. 82_effects calls it.
create function private.carry_payments(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_booking.original_booking_id is null then
        return;
    end if;

    update public.payments
    set booking_id = p_booking.id
    where org_id = p_booking.org_id
        and booking_id = p_booking.original_booking_id
        and is_accepted;
    update public.code_redemptions set booking_id = p_booking.id where booking_id = p_booking.original_booking_id;
end;
$$;

-- Posts a confirmed booking that costs the learner nothing: the platform pays the instructor's share. Bookings with a price are
-- posted with their payments. 82_effects calls it.
create function private.post_free_booking(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_booking.total_cents > 0 then
        return;
    end if;

    perform private.post_transaction(
        p_booking.org_id, 'free_booking_confirmed', 'booking', p_booking.id, format('booking:%s:free', p_booking.id),
        p_booking.currency, private.clock(),
        array[
            row('promotions', null, p_booking.discount_cents),
            row('instructor_pending', p_booking.instructor_id, -p_booking.instructor_share_cents),
            row('platform_fees', null, -p_booking.platform_fee_cents)
        ]::private.posting[]
    );
end;
$$;

-- Reverses the posting of a free booking that was cancelled or that the instructor missed, but for what the instructor keeps. If
-- nothing is kept, its discount is restored. Bookings with a price are left alone. 82_effects calls it.
create function private.reverse_free_booking(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    share_cents constant bigint := p_booking.instructor_share_cents - coalesce(p_booking.kept_share_cents, 0);
    fee_cents bigint;
begin
    if p_booking.total_cents > 0 or p_booking.instructor_share_cents = 0 then
        return;
    end if;

    fee_cents := private.prorate(p_booking.platform_fee_cents, share_cents, p_booking.instructor_share_cents);
    perform private.post_transaction(
        p_booking.org_id, 'free_booking_cancelled', 'booking', p_booking.id, format('booking:%s:free_cancelled', p_booking.id),
        p_booking.currency, private.clock(),
        array[
            row('promotions', null, -(share_cents + fee_cents)),
            row('instructor_pending', p_booking.instructor_id, share_cents),
            row('platform_fees', null, fee_cents)
        ]::private.posting[]
    );
    if share_cents = p_booking.instructor_share_cents and not p_booking.is_rescheduled then
        perform private.restore_discount(p_booking.id, null);
    end if;
end;
$$;

-- Restores the discount of a booking or credit purchase that was refunded in full: its code can be used again, and spent rewards
-- return to the learner.
create function private.restore_discount(p_booking_id uuid, p_credit_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    redemption public.code_redemptions;
begin
    update public.code_redemptions
    set status = 'released'
    where (booking_id = p_booking_id or credit_id = p_credit_id)
        and status = 'redeemed'
    returning * into redemption;

    if redemption.kind = 'reward' then
        perform private.post_transaction(
            redemption.org_id, 'reward_returned', 'code_redemption', redemption.id,
            format('redemption:%s:returned', redemption.id),
            redemption.currency, private.clock(),
            array[
                row('promotions', null, redemption.discount_cents),
                row('learner_rewards', redemption.learner_id, -redemption.discount_cents)
            ]::private.posting[]
        );
    end if;
end;
$$;

-- sql/60_payments/44_compare_refund.sql
-- Compares the refunds that Stripe has made of a payment with the books, before another is sent, and decides: send; made: this refund is
-- among them, and recorded now; settled: there is nothing to send any more; or refused. A restored database has forgotten
-- refunds, and whoever asks again must not be paid again: a forgotten refund of the same amount is adopted as this one (made). If
-- what was forgotten has another amount, or was made in Stripe's Dashboard, this refund was decided without knowing it: it fails
-- (refused), the forgotten ones are added to the books, and an admin decides what is still owed. Stripe's idempotency keys, which last a
-- day, are not relied upon. The jobs call it. Definer: the jobs have no access to the tables.
create function private.compare_refund(p_refund_id uuid, p_made jsonb)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    refund public.refunds;
    own jsonb;
    forgotten jsonb;
begin
    select paid.* into strict payment
    from public.payments paid
    join public.refunds asked on asked.org_id = paid.org_id and asked.payment_id = paid.id
    where asked.id = p_refund_id
    for no key update of paid;
    select * into strict refund from public.refunds where id = p_refund_id;

    own := private.own_refund(refund, p_made);
    if own is not null then
        perform private.apply_refund(own, private.clock());
        return 'made';
    end if;
    if refund.status not in ('pending', 'requires_action') then
        return 'settled';
    end if;

    select jsonb_agg(made.refund) into forgotten from private.forgotten_refunds(payment, p_made) made;
    if forgotten is null then
        return 'send';
    end if;
    own := private.twin_of_refund(refund, forgotten);
    if own is not null then
        update public.refunds
        set stripe_refund_id = own ->> 'id'
        where org_id = refund.org_id
            and id = refund.id;
        perform private.apply_refund(own, private.clock());
        return 'made';
    end if;

    perform private.record_refund_failure(
        refund.id, 'refunds_not_in_books', 'Stripe had refunded this payment before, and the books did not know it.'
    );
    perform private.apply_refund(made.refund, private.clock()) from jsonb_array_elements(forgotten) made (refund);
    return 'refused';
end;
$$;

-- This refund as Stripe knows it, among those that it has made of the payment; null if it was never made.
create function private.own_refund(p_refund public.refunds, p_made jsonb)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select made.refund
    from jsonb_array_elements(p_made) made (refund)
    where made.refund ->> 'id' = p_refund.stripe_refund_id
        or private.uuid_or_null(made.refund -> 'metadata' ->> 'refund_id') = p_refund.id
    order by made.refund ->> 'id' = p_refund.stripe_refund_id desc nulls last
    limit 1;
$$;

-- The refunds of a payment that the books do not know: neither by their id at Stripe nor by the row that their metadata name. What moved
-- no money is left out: refunds that failed, and the part of an authorization that was never captured, which Stripe lists as a
-- refund without a balance transaction.
create function private.forgotten_refunds(p_payment public.payments, p_made jsonb)
    returns table (refund jsonb)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select made.refund
    from jsonb_array_elements(p_made) made (refund)
    where made.refund ->> 'status' not in ('failed', 'canceled')
        and not (made.refund ->> 'status' = 'succeeded' and made.refund ->> 'balance_transaction' is null)
        and not exists (
            select
            from public.refunds known
            where known.stripe_refund_id = made.refund ->> 'id'
                or (
                    known.id = private.uuid_or_null(made.refund -> 'metadata' ->> 'refund_id')
                    and known.org_id = p_payment.org_id
                    and known.payment_id = p_payment.id
                )
        )
    order by (made.refund ->> 'created')::bigint, made.refund ->> 'id';
$$;

-- The first of the forgotten refunds that is as good as this one: a refund of ours, by its metadata, of the same amount.
create function private.twin_of_refund(p_refund public.refunds, p_forgotten jsonb)
    returns jsonb
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select forgotten.refund
    from jsonb_array_elements(p_forgotten) with ordinality forgotten (refund, nth)
    where private.uuid_or_null(forgotten.refund -> 'metadata' ->> 'refund_id') is not null
        and (forgotten.refund ->> 'amount')::bigint = p_refund.amount_cents
        and forgotten.refund ->> 'currency' = p_refund.currency
    order by forgotten.nth
    limit 1;
$$;

-- sql/60_payments/70_arithmetic.sql
-- Allocates a booking's price to its payments, oldest first. p_terms is that booking, or the original of a reschedule: after a
-- reschedule to a cheaper time, whole_cents - price_cents is refundable. If the fee is not refundable, allocates the
-- instructor's share only. Captures and cancellations call it.
create function private.allocate_price(p_booking_id uuid, p_terms public.bookings)
    returns table (payment_id uuid, whole_cents bigint, price_cents bigint)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        paid.id,
        paid.whole_cents,
        greatest(
            least(
                paid.whole_cents,
                case
                    when p_terms.is_fee_refundable then p_terms.total_cents
                    else least(p_terms.instructor_share_cents, p_terms.total_cents)
                end - paid.earlier_cents
            ),
            0
        )
    from (
        select
            part.id,
            part.whole_cents,
            coalesce(
                sum(part.whole_cents) over (
                    order by part.created_at, part.id rows between unbounded preceding and 1 preceding
                ),
                0
            )::bigint as earlier_cents
        from (
            select
                payment.id,
                payment.created_at,
                case
                    when payment.is_fee_refundable then payment.amount_cents
                    else least(payment.share_cents, payment.amount_cents)
                end as whole_cents
            from public.payments payment
            where payment.booking_id = p_booking_id
                and payment.is_accepted
                and payment.status in ('authorized', 'succeeded')
        ) part
    ) paid;
$$;

-- Splits an amount of a payment that is refunded, lost or never captured into the instructor's share, the platform's fee and the
-- discount: each in rounded proportion, the fee takes the rounding difference. If the fee is not refundable, the share is
-- refunded first, and only the excess comes from fee and discount; if the discount exceeds the fee, nothing comes from them.
create function private.split_refund(
    p_payment public.payments,
    p_amount_cents bigint,
    out share_cents bigint,
    out fee_cents bigint,
    out discount_cents bigint
)
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    whole_cents constant bigint := p_payment.amount_cents;
    beyond_share_cents constant bigint := whole_cents - p_payment.share_cents;
begin
    if p_payment.is_fee_refundable then
        share_cents := private.prorate(p_payment.share_cents, p_amount_cents, whole_cents);
        discount_cents := private.prorate(p_payment.discount_cents, p_amount_cents, whole_cents);
    elsif beyond_share_cents >= 0 then
        share_cents := least(p_amount_cents, p_payment.share_cents);
        discount_cents := private.prorate(
            p_payment.discount_cents, p_amount_cents - share_cents, beyond_share_cents
        );
    else
        share_cents := private.prorate(p_payment.share_cents, p_amount_cents, whole_cents);
        discount_cents := share_cents - p_amount_cents;
    end if;
    fee_cents := p_amount_cents - share_cents + discount_cents;
end;
$$;

-- Whether a payment's money is in suspense, because another amount was received, or after the payment was cancelled.
create function private.is_set_aside(p_payment public.payments)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_payment.status = 'unknown' or p_payment.status = 'cancelled' and exists (
        select
        from private.suspense_items item
        where item.org_id = p_payment.org_id
            and item.payment_id = p_payment.id
    );
end;
$$;

-- The part of a payment that is gone: never captured, refunded, or lost in a dispute.
create function private.gone_cents(p_payment public.payments)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_payment.uncaptured_cents + p_payment.refunded_cents + p_payment.lost_cents;
$$;

-- The part of a payment that the payer has back: never captured, or refunded.
create function private.returned_cents(p_payment public.payments)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_payment.uncaptured_cents + p_payment.refunded_cents;
$$;

-- The amount of a payment that can still be refunded: captured, not lost, and not in a refund that succeeded or may succeed. Zero
-- while a dispute is open. The caller holds the payment's lock.
create function private.refundable_cents(p_payment public.payments)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select case
            when p_payment.is_disputed or p_payment.status <> 'succeeded' then 0
            else p_payment.captured_cents - p_payment.lost_cents - private.committed_refund_cents(p_payment.id)
        end
    );
end;
$$;

-- The sum of a payment's refunds that succeeded or may still succeed.
create function private.committed_refund_cents(p_payment_id uuid)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(sum(refund.amount_cents), 0)::bigint
    from public.refunds refund
    where refund.payment_id = p_payment_id
        and refund.status in ('pending', 'requires_action', 'succeeded');
$$;

-- The instructor's share of a payment that remains after p_more_cents more are refunded. A loss that the platform bears takes
-- nothing from it.
create function private.remaining_share_cents(p_payment public.payments, p_more_cents bigint default 0)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select p_payment.share_cents
            - (private.split_refund(p_payment, private.gone_cents(p_payment) + p_more_cents)).share_cents
            + p_payment.absorbed_share_cents
    );
end;
$$;

-- The instructor's earning from a booking that is over: the share, less its refunded part; for prepaid minutes and for lessons
-- that cost the learner nothing, the part of the share that was kept.
create function private.earned_share_cents(p_booking public.bookings)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select least(
            p_booking.kept_share_cents,
            p_booking.instructor_share_cents,
            case
                when p_booking.credit_applied_cents = 0 and p_booking.total_cents > 0 then (
                    select coalesce(sum(private.remaining_share_cents(payment)), 0)
                    from public.payments payment
                    where payment.org_id = p_booking.org_id
                        and payment.booking_id = p_booking.id
                        and payment.is_accepted
                        and payment.status <> 'cancelled'
                )
            end
        )::bigint
    );
end;
$$;

-- sql/60_payments/71_guards.sql
-- Keeps a payment's parties and amounts as they were when it was opened. Its booking may change only from the original of a
-- reschedule to the replacement.
-- Definer: the writer may have no access to private.
create function private.forbid_payment_repricing()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if row(
        new.id, new.org_id, new.kind, new.credit_id, coalesce(new.payer_id, old.payer_id), new.learner_id, new.instructor_id,
        new.currency, new.list_cents, new.discount_cents, new.fee_cents, new.share_cents, new.amount_cents,
        new.is_fee_refundable, new.minutes, new.capture_method
    ) is distinct from row(
        old.id, old.org_id, old.kind, old.credit_id, old.payer_id, old.learner_id, old.instructor_id, old.currency,
        old.list_cents, old.discount_cents, old.fee_cents, old.share_cents, old.amount_cents,
        old.is_fee_refundable, old.minutes, old.capture_method
    )
        or (
            new.booking_id is distinct from old.booking_id
            and not exists (
                select
                from public.bookings booking
                where booking.id = new.booking_id
                    and booking.original_booking_id = old.booking_id
            )
        )
    then
        perform private.refuse(
            'PT409', 'payment_is_frozen',
            'A payment keeps its parties and its amounts.',
            'Refund it, and open another payment.'
        );
    end if;
    return new;
end;
$$;

create trigger forbid_payment_repricing
    before update on public.payments
    for each row execute function private.forbid_payment_repricing();

-- Refuses a refund of ours that exceeds the payment's refundable amount, whoever writes it, Studio included. A refund made in
-- Stripe's Dashboard has already happened and is not refused. Definer: the writer needs no access to payments.
create function private.assert_refund_is_covered()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
begin
    select * into strict payment from public.payments where id = new.payment_id for no key update;
    perform private.assert_payment_is_refundable(payment, new.amount_cents);
    return new;
end;
$$;

create trigger assert_refund_is_covered
    before insert or update of status on public.refunds
    for each row
    when (new.status = 'pending' and new.stripe_refund_id is null)
    execute function private.assert_refund_is_covered();

-- Refuses to refund a disputed payment, or more than is left of it. The caller holds the payment's lock. Refunds of payments and
-- of credit lots call it before they write anything, so that a refusal names the rule.
create function private.assert_payment_is_refundable(p_payment public.payments, p_amount_cents bigint)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_payment.is_disputed then
        perform private.refuse(
            'PT409', 'payment_disputed',
            'The payer''s bank disputes this payment, so it cannot be refunded now.',
            'Wait until the dispute has ended.'
        );
    end if;
    if p_amount_cents > private.refundable_cents(p_payment) then
        perform private.refuse(
            'PT409', 'refund_exceeds_payment',
            format('At most %s (minor units) of this payment can be refunded.', private.refundable_cents(p_payment)),
            'Send a smaller amount.'
        );
    end if;
end;
$$;

-- sql/60_payments/72_stripe_objects.sql
-- Maps Stripe's status of a PaymentIntent to ours. After a decline Stripe returns the intent to its first status.
create function private.payment_status_of(p_intent jsonb)
    returns public.payment_status
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case p_intent ->> 'status'
        when 'requires_payment_method' then 'requires_payment'
        when 'requires_confirmation' then 'requires_payment'
        when 'requires_action' then 'requires_action'
        when 'processing' then 'processing'
        when 'requires_capture' then 'authorized'
        when 'succeeded' then 'succeeded'
        when 'canceled' then 'cancelled'
    end::public.payment_status;
$$;

-- Why the last attempt to pay a PaymentIntent failed, as Stripe's code; null if none did.
create function private.intent_failure_code(p_intent jsonb)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(p_intent #>> '{last_payment_error,decline_code}', p_intent #>> '{last_payment_error,code}');
$$;

-- Whether an object of Stripe bears metadata that we give, whether or not they lead to a row. What bears neither them nor a known id
-- belongs to other business on the same Stripe account.
create function private.bears_our_metadata(p_object jsonb)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        jsonb_typeof(p_object -> 'metadata') = 'object'
        and p_object -> 'metadata' ?| array['payment_id', 'refund_id', 'payout_id', 'connect_account_id'],
        false
    );
$$;

-- Returns the id from a field that Stripe fills with an id or, expanded, with the whole object.
create function private.expandable_id(p_value jsonb)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case jsonb_typeof(p_value)
        when 'string' then p_value #>> '{}'
        when 'object' then p_value ->> 'id'
    end;
$$;

-- sql/60_payments/90_access.sql
create policy select_party on public.payments
    for select
    to authenticated
    using (
        payer_id = (select private.my_user_id())
        or learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_party on public.refunds
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.payments to authenticated, service_role;
grant select on public.refunds to authenticated, service_role;
-- NOTE: no role may write these tables; money moves only through functions.

grant execute on function private.open_payment to webhook_service;
grant execute on function private.record_payment_intent to webhook_service, jobs;
grant execute on function private.compare_refund to jobs;
grant execute on function private.record_refund to jobs;
grant execute on function private.record_refund_failure to jobs;
grant execute on function private.record_processing_fee to jobs;
grant execute on function private.record_suspense_fee to jobs;
grant execute on function private.record_stripe_fees to jobs;

-- sql/62_disputes/10_tables.sql
-- Disputes: a payer's bank takes a payment back, and what that costs whom.
--
-- disputes               one for each dispute or early warning at Stripe, with what it has withdrawn and lost so far
-- dispute_transactions   Stripe's balance transactions of disputes, each posted once
--
-- 85_webhooks hands in Stripe's events through apply_dispute and apply_fraud_warning; the jobs call record_dispute. An open dispute sets
-- payments.is_disputed: the payment is neither refunded nor paid out, and a credit lot is frozen. A lost one is written off
-- against the fee, the discount and the instructor's share or the platform, as the liability says (30_write_off), or against
-- prepaid minutes (31_lost_minutes). What it has cost is recomputed after each event, so that it can be won after it was lost.
-- Admins answer disputes in Stripe's Dashboard; nothing here is called by people.
create type public.dispute_status as enum (
    'warning_needs_response', 'warning_under_review', 'warning_closed', 'prevented',
    'needs_response', 'under_review', 'lost', 'appeal_needs_response', 'appeal_under_review', 'won'
);

create table public.disputes (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    payment_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    stripe_dispute_id text not null unique,
    status public.dispute_status not null,
    reason text,
    currency text not null,
    amount_cents bigint not null,
    withdrawn_cents bigint not null default 0,
    fee_cents bigint not null default 0,
    lost_cents bigint not null default 0,
    lost_share_cents bigint not null default 0,
    liability public.dispute_liability not null,
    revision integer not null default 0,
    evidence_due_at timestamptz,
    has_evidence boolean not null default false,
    is_charge_refundable boolean not null default false,
    opened_at timestamptz not null,
    closed_at timestamptz,
    last_event_at timestamptz not null,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint dispute_id_is_stripes check (stripe_dispute_id ~ '^(dp|du)_'),
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amounts_are_not_negative check (least(amount_cents, lost_cents, lost_share_cents) >= 0),
    constraint closed_at_is_set_when_closed check (
        (status in ('warning_closed', 'prevented', 'lost', 'won')) = (closed_at is not null)
    )
);

create index on public.disputes (org_id, payment_id);
create index on public.disputes (org_id, learner_id);
create index on public.disputes (org_id, instructor_id);
create index on public.disputes (payment_id);
create index on public.disputes (instructor_id);
create index on public.disputes (evidence_due_at) where closed_at is null;

comment on table public.disputes is
    'A payer''s bank demands a payment back. Early warnings (warning_…) move no money; the others move what their balance '
    'transactions say.';
comment on column public.disputes.withdrawn_cents is
    'What Stripe has withdrawn so far, less what it has reinstated; may exceed the payment.';
comment on column public.disputes.fee_cents is 'Stripe''s dispute fee, less what it has reinstated.';
comment on column public.disputes.status is
    'Stripe''s status. A lost dispute may be appealed (appeal_…): its money stays lost unless the appeal is won.';
comment on column public.disputes.lost_cents is 'The part of the payment that was lost.';
comment on column public.disputes.lost_share_cents is 'The instructor''s share of lost_cents.';
comment on column public.disputes.liability is
    'Who bears the instructor''s share of a loss: the organization''s setting when the dispute was opened.';
comment on column public.disputes.revision is
    'How often its loss was posted or corrected; part of the idempotency keys.';
comment on column public.disputes.evidence_due_at is
    'Deadline for submitting evidence, or an appeal, to Stripe, which can be done once.';
comment on column public.disputes.last_event_at is
    'Time of the latest Stripe event applied; older events change nothing but balance transactions.';

create table private.dispute_transactions (
    stripe_id text not null unique,
    org_id uuid not null,
    dispute_id uuid not null,
    amount_cents bigint not null,
    fee_cents bigint not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, stripe_id),
    foreign key (org_id, dispute_id) references public.disputes (org_id, id) on delete restrict
);

create index on private.dispute_transactions (org_id, dispute_id);

comment on table private.dispute_transactions is
    'Stripe''s balance transactions of disputes, each posted once. amount_cents is negative where Stripe withdrew money.';

create type private.dispute_loss as (
    dispute_id uuid,
    claim_cents bigint,
    loss_cents bigint,
    share_cents bigint,
    fee_cents bigint,
    discount_cents bigint,
    absorbed_cents bigint
);
comment on type private.dispute_loss is
    'What a dispute has cost: of the claim, which Stripe has withdrawn for good, the loss is the part that the payment covers, made of '
    'share, fee and discount; absorbed is the part of the share that the platform pays to the instructor.';

alter table public.disputes enable row level security;
alter table private.dispute_transactions enable row level security;

create trigger enforce_status_transition
    before insert or update of status on public.disputes
    for each row execute function private.enforce_status_transition('dispute');

create trigger touch_updated_at
    before update on public.disputes
    for each row execute function private.touch_updated_at();

create trigger forbid_change
    before update or delete on private.dispute_transactions
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.dispute_transactions
    for each statement execute function private.forbid_change();

select private.audit_table('public.disputes', 'id');

-- sql/62_disputes/11_transitions.sql
-- A dispute follows Stripe through its stages: an inquiry (warning_…), the dispute itself, and the appeal against a lost one. Events may
-- be missed, so a status may be skipped, and a dispute may be first seen in any status. It never returns to an earlier stage. Only a
-- dispute that is lost, or was won, may be decided otherwise.
--
-- dispute:
--   · → warning_needs_response, warning_under_review, warning_closed, prevented, needs_response, under_review, lost,
--       appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   warning_needs_response → warning_under_review, warning_closed, prevented, needs_response, under_review, lost,
--       appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   warning_under_review → warning_needs_response, warning_closed, prevented, needs_response, under_review, lost,
--       appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   warning_closed → prevented, needs_response, under_review, lost, appeal_needs_response, appeal_under_review, won:
--       apply_dispute (service, job)
--   prevented → needs_response, under_review, lost, appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   needs_response → prevented, under_review, lost, appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   under_review → prevented, needs_response, lost, appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   lost → appeal_needs_response, appeal_under_review, won: apply_dispute (service, job)
--   appeal_needs_response → lost, appeal_under_review, won: apply_dispute (service, job)
--   appeal_under_review → lost, appeal_needs_response, won: apply_dispute (service, job)
--   won → lost, appeal_needs_response, appeal_under_review: apply_dispute (service, job)
insert into private.status_transitions (entity, from_status, to_status, actors)
select
    'dispute' as entity,
    'new' as from_status,
    status::text as to_status,
    '{service,job}'::private.actor_kind[] as actors
from unnest(enum_range(null::public.dispute_status)) status
union all
select
    'dispute' as entity,
    earlier::text as from_status,
    later::text as to_status,
    '{service,job}'::private.actor_kind[] as actors
from unnest(enum_range(null::public.dispute_status)) earlier
join unnest(enum_range(null::public.dispute_status)) later on later > earlier
union all
select
    'dispute' as entity,
    back.from_status,
    back.to_status,
    '{service,job}'::private.actor_kind[] as actors
from (
    values
        ('warning_under_review', 'warning_needs_response'),
        ('needs_response', 'prevented'),
        ('under_review', 'prevented'),
        ('under_review', 'needs_response'),
        ('appeal_needs_response', 'lost'),
        ('appeal_under_review', 'lost'),
        ('appeal_under_review', 'appeal_needs_response'),
        ('won', 'lost'),
        ('won', 'appeal_needs_response'),
        ('won', 'appeal_under_review')
) back (from_status, to_status);

-- sql/62_disputes/20_dispute_events.sql
-- Applies a dispute from a Stripe event or a fetch. Each of its balance transactions is posted once. Of its status the latest event
-- counts, so late and repeated events change nothing. Of different statuses of one second the furthest along counts, until a fetch
-- has settled which was the last.
create function private.apply_dispute(p_dispute jsonb, p_occurred_at timestamptz, p_is_fetched boolean default false)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.dispute_status := p_dispute ->> 'status';
    payment public.payments;
    dispute public.disputes;
begin
    select * into payment
    from public.payments
    where stripe_payment_intent_id = private.expandable_id(p_dispute -> 'payment_intent')
        or stripe_charge_id = private.expandable_id(p_dispute -> 'charge')
    for no key update;
    if not found then
        return private.apply_dispute_to_suspense(p_dispute, p_occurred_at);
    end if;
    if lower(p_dispute ->> 'currency') <> payment.currency then
        return row('parked', 'settlement_currency_differs')::private.stripe_outcome;
    end if;

    insert into public.disputes (
        org_id, payment_id, learner_id, instructor_id, stripe_dispute_id, status, reason, currency, amount_cents,
        liability, opened_at, closed_at, last_event_at
    )
    select
        payment.org_id, payment.id, payment.learner_id, payment.instructor_id, p_dispute ->> 'id', new_status,
        p_dispute ->> 'reason', payment.currency, (p_dispute ->> 'amount')::bigint,
        organization.dispute_liability, to_timestamp((p_dispute ->> 'created')::bigint),
        case when private.is_dispute_closed(new_status) then p_occurred_at end, p_occurred_at
    from public.organizations organization
    where organization.id = payment.org_id
    on conflict (stripe_dispute_id) do nothing;

    select * into strict dispute from public.disputes where stripe_dispute_id = p_dispute ->> 'id';
    if not p_is_fetched and p_occurred_at = dispute.last_event_at and new_status <> dispute.status then
        perform private.fetch_dispute(dispute);
    end if;
    update public.disputes
    set status = new_status,
        amount_cents = (p_dispute ->> 'amount')::bigint,
        evidence_due_at = to_timestamp((p_dispute #>> '{evidence_details,due_by}')::bigint),
        has_evidence = coalesce((p_dispute #>> '{evidence_details,has_evidence}')::boolean, false),
        is_charge_refundable = coalesce((p_dispute ->> 'is_charge_refundable')::boolean, false),
        closed_at = case
            when not private.is_dispute_closed(new_status) then null
            when new_status = status then closed_at
            else p_occurred_at
        end,
        last_event_at = p_occurred_at
    where org_id = dispute.org_id
        and id = dispute.id
        and case when p_is_fetched then p_occurred_at = last_event_at else (p_occurred_at, new_status) >= (last_event_at, status) end
    returning * into dispute;
    if not found then
        select * into strict dispute from public.disputes where stripe_dispute_id = p_dispute ->> 'id';
    end if;

    perform private.post_dispute_transactions(dispute, p_dispute -> 'balance_transactions', p_occurred_at);
    perform private.post_dispute_result(dispute.id, p_occurred_at);
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Queues a look at a dispute whose latest news are of one second, so that only Stripe knows which was the last. The answer counts as of
-- that second: whatever is later stays.
create function private.fetch_dispute(p_dispute public.disputes)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.enqueue_command(
        p_dispute.org_id,
        'fetch_dispute',
        format('dispute:%s:fetch:%s:%s', p_dispute.id, extract(epoch from p_dispute.last_event_at), extract(epoch from private.clock())),
        jsonb_build_object(
            'dispute_id', p_dispute.id,
            'dispute', p_dispute.stripe_dispute_id,
            'settles_at', p_dispute.last_event_at
        ),
        format('dispute:%s', p_dispute.id)
    );
$$;

-- Records a dispute that the jobs have fetched to settle the news of one second, p_settles_at.
-- Definer: the jobs have no access to the tables.
create function private.record_dispute(p_dispute_id uuid, p_dispute jsonb, p_settles_at timestamptz)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if not exists (
        select
        from public.disputes dispute
        where dispute.id = p_dispute_id
            and dispute.stripe_dispute_id = p_dispute ->> 'id'
    ) then
        perform private.refuse(
            'PT422', 'wrong_dispute',
            'That dispute belongs to another row.',
            'Record the dispute whose id this row has.'
        );
    end if;
    perform private.apply_dispute(p_dispute, p_settles_at, true);
end;
$$;

-- Whether the bank has decided, or the early warning has ended.
create function private.is_dispute_closed(p_status public.dispute_status)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_status in ('warning_closed', 'prevented', 'lost', 'won');
$$;

-- Posts what Stripe withdrew for a dispute or reinstated, each balance transaction once. The amount is a receivable from the bank
-- until the dispute ends; Stripe's dispute fee is the platform's cost.
create function private.post_dispute_transactions(
    p_dispute public.disputes,
    p_transactions jsonb,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    balance_transaction private.dispute_transactions;
begin
    for balance_transaction in
        insert into private.dispute_transactions (org_id, stripe_id, dispute_id, amount_cents, fee_cents)
        select p_dispute.org_id, given.id, p_dispute.id, given.amount, given.fee
        from jsonb_to_recordset(p_transactions) given (id text, amount bigint, fee bigint)
        on conflict (stripe_id) do nothing
        returning *
    loop
        update public.disputes
        set withdrawn_cents = withdrawn_cents - balance_transaction.amount_cents,
            fee_cents = fee_cents + balance_transaction.fee_cents
        where org_id = p_dispute.org_id
            and id = p_dispute.id;
        perform private.post_transaction(
            p_dispute.org_id, 'dispute_funds_moved', 'dispute', p_dispute.id, format('dispute:%s:%s', p_dispute.id, balance_transaction.stripe_id),
            p_dispute.currency, p_occurred_at,
            array[
                row('dispute_receivable', null, -balance_transaction.amount_cents),
                row('dispute_fees', null, balance_transaction.fee_cents),
                row('stripe_balance', null, balance_transaction.amount_cents - balance_transaction.fee_cents)
            ]::private.posting[]
        );
    end loop;
end;
$$;

-- Follows a dispute: while it is open, the payment is neither refunded nor paid out; what it has cost is written off; and the
-- admins are told what needs an answer. An appeal keeps what was lost as it is, until it is won.
create function private.post_dispute_result(p_dispute_id uuid, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    dispute public.disputes;
begin
    select * into strict dispute from public.disputes where id = p_dispute_id;
    update public.payments
    set is_disputed = exists (
        select
        from public.disputes open_dispute
        where open_dispute.payment_id = payments.id
            and open_dispute.status in ('needs_response', 'under_review')
    )
    where id = dispute.payment_id;
    perform private.write_off_losses(dispute.payment_id, p_occurred_at);

    if dispute.status in ('warning_needs_response', 'needs_response', 'appeal_needs_response', 'lost') then
        perform private.raise_alert(
            dispute.org_id, dispute.instructor_id, 'dispute_' || dispute.status,
            case dispute.status
                when 'lost' then 'A dispute was lost. Stripe keeps the money.'
                when 'appeal_needs_response' then 'A lost dispute can be appealed. Submit the appeal in Stripe''s Dashboard.'
                else 'The payer''s bank disputes a payment. Submit evidence in Stripe''s Dashboard.'
            end,
            'disputes', dispute.id, format('dispute:%s:%s', dispute.id, dispute.status)
        );
    end if;
end;
$$;

-- sql/62_disputes/30_write_off.sql
-- Recomputes what the disputes of a payment have cost, from their balance transactions and from what was refunded, and posts the
-- difference to what is posted. So every order of events ends in the same books, and a dispute may be won after it was lost. Called
-- after each event of a dispute, and by 82_effects when a payment succeeds, or a refund of it succeeds or fails.
create function private.write_off_losses(p_payment_id uuid, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    loss private.dispute_loss;
begin
    if not exists (select from public.disputes dispute where dispute.payment_id = p_payment_id) then
        return;
    end if;

    payment := private.count_losses(p_payment_id);
    for loss in
        select part.* from private.losses_of_payment(payment) part
    loop
        update public.disputes
        set lost_cents = loss.loss_cents,
            lost_share_cents = loss.share_cents
        where org_id = payment.org_id
            and id = loss.dispute_id
            and (lost_cents, lost_share_cents) <> (loss.loss_cents, loss.share_cents);
        perform private.post_loss(loss, private.loss_postings(payment, loss), p_occurred_at);
    end loop;
end;
$$;

-- Brings the lost minutes of a credit lot and the lost amounts of a payment to what its disputes have cost; returns the payment,
-- locked. The disputes and the ledger are not changed yet. 82_effects calls it before a refund is netted.
create function private.count_losses(p_payment_id uuid)
    returns public.payments
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    lost record;
begin
    select * into strict payment from public.payments where id = p_payment_id for no key update;
    if not exists (select from public.disputes dispute where dispute.payment_id = p_payment_id) then
        return payment;
    end if;
    if payment.kind = 'credits' and payment.is_accepted then
        perform private.take_lost_minutes(payment);
    end if;

    select
        least(
            coalesce(sum(loss.loss_cents), 0),
            payment.amount_cents - payment.uncaptured_cents - payment.refunded_cents
        ) as cents,
        coalesce(sum(loss.absorbed_cents), 0) as absorbed_cents
    into lost
    from private.losses_of_payment(payment) loss;

    update public.payments
    set lost_cents = lost.cents,
        absorbed_share_cents = lost.absorbed_cents
    where org_id = payment.org_id
        and id = payment.id
        and (lost_cents, absorbed_share_cents) <> (lost.cents, lost.absorbed_cents)
    returning * into payment;
    if not found then
        select * into strict payment from public.payments where id = p_payment_id;
    end if;
    return payment;
end;
$$;

-- What each dispute of a payment has cost, in the order in which they were opened. A lost dispute costs what Stripe has withdrawn, also
-- while it is appealed; every other one nothing. What two disputes have cost together is divided cumulatively. If the platform
-- bears liability, it pays the share that the instructor keeps, which of a cancelled lesson may be a part only.
create function private.losses_of_payment(p_payment public.payments)
    returns setof private.dispute_loss
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    dispute public.disputes;
    loss private.dispute_loss;
    claimed_cents bigint := 0;
    absorbable_cents bigint := (select booking.kept_share_cents from public.bookings booking where booking.id = p_payment.booking_id);
begin
    for dispute in
        select one.*
        from public.disputes one
        where one.org_id = p_payment.org_id
            and one.payment_id = p_payment.id
        order by one.opened_at, one.stripe_dispute_id
    loop
        loss.dispute_id := dispute.id;
        loss.claim_cents := case when private.is_dispute_lost(dispute.status) then dispute.withdrawn_cents else 0 end;
        select
            after.share_cents + after.fee_cents - after.discount_cents
            - (before.share_cents + before.fee_cents - before.discount_cents),
            after.share_cents - before.share_cents,
            after.fee_cents - before.fee_cents,
            after.discount_cents - before.discount_cents
        into loss.loss_cents, loss.share_cents, loss.fee_cents, loss.discount_cents
        from private.split_loss(p_payment, claimed_cents) before
        cross join private.split_loss(p_payment, claimed_cents + greatest(loss.claim_cents, 0)) after;
        claimed_cents := claimed_cents + greatest(loss.claim_cents, 0);

        loss.absorbed_cents := case
            when dispute.liability = 'platform' and p_payment.kind = 'booking' and p_payment.is_accepted
                then least(loss.share_cents, absorbable_cents)
            else 0
        end;
        absorbable_cents := absorbable_cents - loss.absorbed_cents;
        return next loss;
    end loop;
end;
$$;

-- Splits the first p_cents that disputes have cost into the instructor's share, the platform's fee and the discount: of what was not
-- refunded, or for prepaid minutes of what the lost minutes were worth. The platform bears what is beyond. Of money that matches
-- no payment nothing can be split: all of it is in suspense.
create function private.split_loss(
    p_payment public.payments,
    p_cents bigint,
    out share_cents bigint,
    out fee_cents bigint,
    out discount_cents bigint
)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    returned_cents constant bigint := private.returned_cents(p_payment);
    lost_cents constant bigint := least(p_cents, p_payment.amount_cents - returned_cents);
    worth private.credit_part;
    worth_cents bigint;
begin
    if private.is_set_aside(p_payment) then
        share_cents := 0;
        fee_cents := 0;
        discount_cents := 0;
    elsif p_payment.kind = 'credits' and p_payment.is_accepted then
        worth := private.lost_minutes(p_payment.credit_id);
        worth_cents := worth.share_cents + worth.fee_cents - worth.discount_cents;
        share_cents := private.prorate(worth.share_cents, least(p_cents, worth_cents), worth_cents);
        discount_cents := private.prorate(worth.discount_cents, least(p_cents, worth_cents), worth_cents);
        fee_cents := least(p_cents, worth_cents) - share_cents + discount_cents;
    else
        select
            after.share_cents - before.share_cents,
            after.fee_cents - before.fee_cents,
            after.discount_cents - before.discount_cents
        into share_cents, fee_cents, discount_cents
        from private.split_refund(p_payment, returned_cents) before
        cross join private.split_refund(p_payment, returned_cents + lost_cents) after;
    end if;
end;
$$;

-- The ledger lines of what a dispute has cost; they are all zero if it cost nothing.
create function private.loss_postings(p_payment public.payments, p_loss private.dispute_loss)
    returns private.posting[]
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when private.is_set_aside(p_payment) then array[
            row('dispute_receivable', null, -p_loss.claim_cents),
            row('suspense', null, p_loss.claim_cents)
        ]::private.posting[]
        when p_payment.kind = 'credits' then array[
            row('dispute_receivable', null, -p_loss.claim_cents),
            row('learner_prepaid', null, p_loss.share_cents),
            row('deferred_fees', null, p_loss.fee_cents),
            row('deferred_promotions', null, -p_loss.discount_cents),
            row('dispute_losses', null, p_loss.claim_cents - p_loss.loss_cents)
        ]::private.posting[]
        else array[
            row('dispute_receivable', null, -p_loss.claim_cents),
            row('platform_fees', null, p_loss.fee_cents),
            row('promotions', null, -p_loss.discount_cents),
            row('instructor_pending', p_payment.instructor_id, p_loss.share_cents - p_loss.absorbed_cents),
            row('dispute_losses', null, p_loss.absorbed_cents + p_loss.claim_cents - p_loss.loss_cents)
        ]::private.posting[]
    end;
$$;

-- Posts the difference between what a dispute has cost and what was posted of it before; does nothing if there is none.
create function private.post_loss(p_loss private.dispute_loss, p_postings private.posting[], p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    dispute public.disputes;
    difference private.posting[];
begin
    select * into strict dispute from public.disputes where id = p_loss.dispute_id;
    select array_agg(row(changed.account_kind, changed.owner_id, changed.cents)::private.posting)
    into difference
    from (
        select line.account_kind, line.owner_id, sum(line.amount_cents)::bigint as cents
        from (
            select wanted.account_kind, wanted.owner_id, wanted.amount_cents
            from unnest(p_postings) wanted
            union all
            select account.kind, account.owner_id, -entry.amount_cents
            from private.ledger_transactions posted
            join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
            join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
            where posted.org_id = dispute.org_id
                and posted.source_type = 'dispute'
                and posted.source_id = dispute.id
                and posted.kind = 'dispute_lost'
        ) line
        group by line.account_kind, line.owner_id
        having sum(line.amount_cents) <> 0
    ) changed;
    if difference is null then
        return;
    end if;

    update public.disputes
    set revision = revision + 1
    where org_id = dispute.org_id
        and id = dispute.id;
    perform private.post_transaction(
        dispute.org_id, 'dispute_lost', 'dispute', dispute.id, format('dispute:%s:lost:%s', dispute.id, dispute.revision),
        dispute.currency, p_occurred_at, difference
    );
end;
$$;

-- Whether a dispute was lost: also while that is appealed.
create function private.is_dispute_lost(p_status public.dispute_status)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_status in ('lost', 'appeal_needs_response', 'appeal_under_review');
$$;

-- sql/62_disputes/31_lost_minutes.sql
-- Takes from a credit lot the minutes that lost disputes over its purchase have cost, rounded down, or restores those that they have
-- not cost after all. What the minutes do not cover is the platform's loss, because those lessons were given. A lot is closed once
-- disputes have cost all of it, and usable again when they have not. count_losses calls it.
create function private.take_lost_minutes(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    credit public.learner_credits;
    claim_cents bigint;
    lost private.credit_part;
    part private.credit_part;
    missing integer;
begin
    select * into strict credit from public.learner_credits where id = p_payment.credit_id for no key update;
    select coalesce(sum(greatest(dispute.withdrawn_cents, 0)), 0)
    into claim_cents
    from public.disputes dispute
    where dispute.org_id = p_payment.org_id
        and dispute.payment_id = p_payment.id
        and private.is_dispute_lost(dispute.status);

    lost := private.lost_minutes(credit.id);
    missing := least(claim_cents * credit.minutes_purchased / credit.total_cents, credit.minutes_left + lost.minutes) - lost.minutes;
    if missing < 0 then
        perform private.restore_lost_minutes(credit, -missing);
    elsif missing > 0 then
        part := private.next_credit_part(credit, missing);
        if lost.share_cents + part.share_cents + lost.fee_cents + part.fee_cents - lost.discount_cents - part.discount_cents > claim_cents then
            part := private.next_credit_part(credit, missing - 1);
        end if;
        if part.minutes > 0 then
            perform private.add_credit_entry(part, 'dispute', null, null);
        end if;
    end if;

    update public.learner_credits
    set status = case
        when claim_cents >= credit.total_cents then 'closed'
        when p_payment.is_disputed then 'frozen'
        else 'active'
    end::public.credit_status
    where org_id = credit.org_id
        and id = credit.id
        and status in ('active', 'frozen', 'closed');
end;
$$;

-- Recomputes what disputes over the purchase of a lot have cost after its minutes have changed: a lesson was cancelled, or a refund
-- was made or failed. 82_effects calls it.
create function private.write_off_minutes(p_entry public.credit_entries)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.write_off_losses(payment.id, private.clock())
    from public.payments payment
    where payment.org_id = p_entry.org_id
        and payment.credit_id = p_entry.credit_id
        and payment.is_accepted;
end;
$$;

-- sql/62_disputes/40_fraud_warning.sql
-- Alerts the admins to a bank's early fraud warning, so that they may refund the payment before it is disputed. It moves no money.
-- 85_webhooks calls it.
create function private.apply_fraud_warning(p_warning jsonb)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
begin
    select * into payment
    from public.payments
    where stripe_payment_intent_id = private.expandable_id(p_warning -> 'payment_intent')
        or stripe_charge_id = private.expandable_id(p_warning -> 'charge');
    if not found then
        return row('ignored', 'unknown_payment')::private.stripe_outcome;
    end if;
    perform private.raise_alert(
        payment.org_id, null, 'fraud_warning',
        'The payer''s bank reports a payment as possible fraud. Refunding it now may prevent a dispute.',
        'payments', payment.id, format('payment:%s:fraud_warning:%s', payment.id, p_warning ->> 'id')
    );
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- sql/62_disputes/90_access.sql
create policy select_party on public.disputes
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.disputes to authenticated, service_role;
-- NOTE: no role may write disputes; they follow Stripe.

grant execute on function private.record_dispute to jobs;

-- sql/63_suspense/20_left.sql
-- Suspense: what is left of money that matches nothing, and what admins decide about it.
--
--   20_left      left_in_suspense: what is still there of an item; `jobs doctor` lists it
--   30_resolve   admin_resolve_suspense: it pays for a payment, was refunded elsewhere, or is written off
--
-- The items are set aside and sent back in 60_payments, which Stripe's events reach; disputes over them are in 62_disputes. This room
-- rests on both. Called by platform admins, jobs maintain (pay_from_suspense) and jobs doctor.

-- What is left in suspense of an item: positive is money that nobody has claimed, negative is money that went back without having come.
-- Money of a payment of ours also leaves by the payment's refunds and disputes.
create function private.left_in_suspense(p_item private.suspense_items)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select -coalesce(sum(entry.amount_cents), 0)::bigint
        from (
            select 'suspense_item' as source_type, p_item.id as source_id
            union all
            select 'refund', refund.id
            from public.refunds refund
            where refund.org_id = p_item.org_id
                and (refund.id = p_item.refund_id or refund.payment_id = p_item.payment_id)
            union all
            select 'dispute', dispute.id
            from public.disputes dispute
            where dispute.org_id = p_item.org_id
                and dispute.payment_id = p_item.payment_id
        ) source
        join private.ledger_transactions posted
            on posted.org_id = p_item.org_id
            and posted.source_type = source.source_type
            and posted.source_id = source.source_id
        join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
        join private.ledger_accounts account
            on account.org_id = entry.org_id
            and account.id = entry.account_id
            and account.kind = 'suspense'
    );
end;
$$;

-- sql/63_suspense/30_resolve.sql
-- Decides what becomes of money in suspense that does not go back by itself; platform admins only.
-- refunded_elsewhere: the payer had it back from the platform's bank account. written_off: it is the platform's gain, or loss.
-- payment: it pays for a payment of the same amount, as if that payment's own PaymentIntent had been paid; the next jobs maintain
-- carries that out, since a person may not do what Stripe's events do.
-- Definer: no role may write suspense.
create function private.admin_resolve_suspense(
    p_suspense_item_id uuid,
    p_resolution text,
    p_reason text,
    p_payment_id uuid
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    item private.suspense_items;
    left_cents bigint;
begin
    perform private.require_platform_admin(p_reason);
    select * into item from private.suspense_items where id = p_suspense_item_id for no key update;
    left_cents := private.left_in_suspense(item);
    if item.id is null or left_cents = 0 then
        perform private.refuse(
            'PT404', 'suspense_not_found',
            'There is no money in suspense with that id.',
            'List it with python -m jobs doctor or the saved query unmatched_money.'
        );
    end if;

    if p_resolution = 'payment' then
        perform private.assert_suspense_pays(item, left_cents, p_payment_id);
        update private.suspense_items set pays_payment_id = p_payment_id where id = item.id;
        return;
    end if;
    if p_resolution is null or p_resolution not in ('refunded_elsewhere', 'written_off')
        or (p_resolution = 'refunded_elsewhere' and left_cents < 0)
    then
        perform private.refuse(
            'PT422', 'bad_resolution',
            'That is no way to resolve this money.',
            'Send payment, refunded_elsewhere or written_off; what went back without having come can only be written off.'
        );
    end if;

    update private.suspense_items
    set resolution = p_resolution,
        resolved_at = private.clock(),
        pays_payment_id = null
    where id = item.id;
    perform private.post_suspense_resolution(item, left_cents, p_resolution);
end;
$$;

-- Posts an admin's decision. An item can be resolved again if more of it goes back at Stripe afterwards, so the key counts its postings.
create function private.post_suspense_resolution(p_item private.suspense_items, p_left_cents bigint, p_resolution text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.post_transaction(
        p_item.org_id, 'suspense_' || p_resolution, 'suspense_item', p_item.id,
        format('suspense_item:%s:%s:%s', p_item.id, p_resolution, count(*)),
        p_item.currency, private.clock(),
        array[
            row('suspense', null, p_left_cents),
            row(
                case p_resolution when 'written_off' then 'write_offs' else 'platform_bank' end,
                null, -p_left_cents
            )
        ]::private.posting[]
    )
    from private.ledger_transactions posted
    where posted.org_id = p_item.org_id
        and posted.source_type = 'suspense_item'
        and posted.source_id = p_item.id;
$$;

-- Refuses unless an item, of which nothing went back, is exactly what an open payment still asks for.
create function private.assert_suspense_pays(p_item private.suspense_items, p_left_cents bigint, p_payment_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
begin
    select * into payment from public.payments where id = p_payment_id;
    if not found then
        perform private.refuse(
            'PT404', 'payment_not_found',
            'There is no such payment.',
            'Check the id.'
        );
    end if;
    if not private.can_be_paid_from_suspense(payment, p_item, p_left_cents) then
        perform private.refuse(
            'PT409', 'payment_differs',
            'That payment is not open, or not over the amount and currency of this money.',
            'Refund the money in Stripe''s Dashboard, and have the learner pay again.'
        );
    end if;
end;
$$;

create function private.can_be_paid_from_suspense(p_payment public.payments, p_item private.suspense_items, p_left_cents bigint)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_item.stripe_payment_intent_id is not null
        and p_left_cents = p_item.amount_cents
        and (p_payment.amount_cents, p_payment.currency) = (p_item.amount_cents, p_item.currency)
        and p_payment.status in ('requires_payment', 'requires_action', 'processing', 'unknown');
$$;

-- Carries out what admins have decided with payment: the payment succeeds by the item's PaymentIntent, and its own is cancelled.
-- Returns how many. A payment that has ended meanwhile leaves the item in suspense. Called by jobs maintain.
create function private.pay_from_suspense()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item private.suspense_items;
    payment public.payments;
    paid_count integer := 0;
begin
    for item in
        select decided.*
        from private.suspense_items decided
        where decided.pays_payment_id is not null
        order by decided.id
        limit 100
        for no key update skip locked
    loop
        update private.suspense_items set pays_payment_id = null where id = item.id;
        select * into strict payment from public.payments where id = item.pays_payment_id for no key update;
        if not private.can_be_paid_from_suspense(payment, item, private.left_in_suspense(item)) then
            continue;
        end if;

        perform private.cancel_payment(payment);
        update public.payments
        set stripe_payment_intent_id = item.stripe_payment_intent_id
        where org_id = payment.org_id
            and id = payment.id
        returning * into payment;
        perform private.apply_payment_success(
            payment,
            jsonb_build_object(
                'id', item.stripe_payment_intent_id,
                'status', 'succeeded',
                'amount_received', item.amount_cents,
                'currency', item.currency,
                'latest_charge', item.stripe_charge_id
            ),
            private.clock()
        );
        paid_count := paid_count + 1;
    end loop;
    return paid_count;
end;
$$;

-- sql/63_suspense/80_api.sql
create function public.admin_resolve_suspense(
    p_suspense_item_id uuid,
    p_resolution text,
    p_reason text,
    p_payment_id uuid default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_resolve_suspense(p_suspense_item_id, p_resolution, p_reason, p_payment_id);

comment on function public.admin_resolve_suspense is
    'Decides what becomes of money that matches nothing: payment (with p_payment_id: it pays for that open payment of the same amount, at '
    'the next jobs maintain), refunded_elsewhere (from the platform''s bank account) or written_off. Money that is refunded in Stripe''s '
    'Dashboard needs no decision. Platform admins only. Errors: not_an_admin, reason_required, suspense_not_found, bad_resolution, '
    'payment_not_found, payment_differs.';

-- sql/63_suspense/90_access.sql
grant execute on function private.admin_resolve_suspense to authenticated;
grant execute on function public.admin_resolve_suspense to authenticated;

-- sql/64_cancellations/10_tables.sql
-- Cancellations: what follows when a booking does not take place as agreed, and who gets which money back.
--
-- 20_outcome decides what a cancellation or no-show refunds and what the instructor keeps, and 21_ended_bookings carries it out,
-- whoever ends the booking; 30 to 40 are the use cases cancel, no-show and reschedule; 50 and 51 are refunds that a person requests
-- or an admin makes; 60 and 61 end many bookings at once. The only table holds what was decided to go back; bookings are in
-- 50_bookings, payments and refunds in 60_payments.
--
-- Frontends call the functions of 80_api; 95_operations calls void_ageing_authorizations. 82_effects calls the functions that
-- refund a booking once its status has changed, whoever changed it.
create table private.return_items (
    org_id uuid not null,
    booking_id uuid not null,
    payment_id uuid not null,
    refund_cents bigint not null,
    decided_at timestamptz not null default private.clock(),
    primary key (org_id, booking_id, payment_id),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    constraint refund_is_not_negative check (refund_cents >= 0)
);

create index on private.return_items (org_id, payment_id);

comment on table private.return_items is
    'What the end of a booking gives back of each of its payments: decided once, under the locks of the payments, and then '
    'carried out by refund_booking.';
comment on column private.return_items.refund_cents is
    'The amount to refund; of an authorization, the amount that is not captured. In the minor unit.';

alter table private.return_items enable row level security;

create type private.cancellation_outcome as (
    refund_bps integer,
    cancellation_refund_cents bigint,
    restored_minutes integer,
    kept_cents bigint,
    kept_share_cents bigint,
    items private.return_items array
);
comment on type private.cancellation_outcome is
    'What a cancellation or no-show refunds and restores, in all and by payment, and what is kept.';

create trigger forbid_change
    before update or delete on private.return_items
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.return_items
    for each statement execute function private.forbid_change();

-- sql/64_cancellations/20_outcome.sql
-- Decides what a cancellation or no-show refunds at this refund rate and what the instructor keeps, and stores it for
-- refund_booking to carry out. The slot and the payments are locked first, so that what is decided is what happens: a refund or a
-- dispute that arrives earlier counts, and one that arrives later waits. The caller holds the booking's lock.
create function private.decide_cancellation_outcome(p_booking public.bookings, p_refund_bps integer)
    returns private.cancellation_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    outcome private.cancellation_outcome;
begin
    perform
    from public.bookable_slots
    where org_id = p_booking.org_id
        and id = p_booking.slot_id
    for no key update;
    perform private.lock_booking_payments(p_booking);

    outcome := private.calculate_cancellation_outcome(p_booking, p_refund_bps);

    insert into private.return_items (org_id, booking_id, payment_id, refund_cents)
    select item.org_id, item.booking_id, item.payment_id, item.refund_cents
    from unnest(outcome.items) item;
    return outcome;
end;
$$;

-- Calculates what a cancellation or no-show refunds at this refund rate: money, prepaid minutes, or a part of a free booking's
-- share. A replacement that was not confirmed refunds what was paid for its original. Previews and decisions call it.
create function private.calculate_cancellation_outcome(p_booking public.bookings, p_refund_bps integer)
    returns private.cancellation_outcome
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    outcome private.cancellation_outcome;
    minutes constant integer := extract(epoch from p_booking.end_at - p_booking.start_at) / 60;
begin
    outcome.refund_bps := p_refund_bps;
    outcome.restored_minutes := 0;
    select
        coalesce(sum(due.refund_cents), 0),
        coalesce(sum(due.kept_cents), 0),
        coalesce(sum(due.kept_share_cents), 0),
        array_agg(
            row(p_booking.org_id, p_booking.id, due.payment_id, due.refund_cents, private.clock())::private.return_items
        )
    into outcome.cancellation_refund_cents, outcome.kept_cents, outcome.kept_share_cents, outcome.items
    from private.cancellation_refunds(p_booking, p_refund_bps) due;

    if p_booking.status in ('confirmed', 'in_progress') and p_booking.total_cents = 0 and p_booking.credit_applied_cents = 0 then
        outcome.kept_share_cents := p_booking.instructor_share_cents
            - private.prorate(p_booking.instructor_share_cents, p_refund_bps, 10000);
    end if;
    if exists (select from private.reserved_credit(p_booking.id)) then
        outcome.restored_minutes := private.prorate(minutes, p_refund_bps, 10000);
        select p_booking.instructor_share_cents - coalesce(sum(restored.share_cents), 0) into outcome.kept_share_cents
        from private.restored_credit(p_booking.id, outcome.restored_minutes) restored;
    end if;
    return outcome;
end;
$$;

-- What of each payment is refunded at this refund rate, and what is kept of it, in all and of the instructor's share. Earlier
-- refunds count. A disputed payment cannot be refunded, but the instructor does not keep more for that. If the fee is not
-- refundable, the rate applies to the share. For an unconfirmed replacement: all that is left of its original's payments.
create function private.cancellation_refunds(p_booking public.bookings, p_refund_bps integer)
    returns table (payment_id uuid, refund_cents bigint, kept_cents bigint, kept_share_cents bigint)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        payment.id,
        due.cents,
        payment.amount_cents - payment.uncaptured_cents - payment.lost_cents - refunding.cents - due.cents,
        least(
            private.remaining_share_cents(payment, refunding.cents - payment.refunded_cents + due.cents),
            payment.share_cents - (private.split_refund(payment, whole.cents)).share_cents
        )
    from private.allocate_price(p_booking.id, p_booking) paid
    join public.payments payment on payment.org_id = p_booking.org_id and payment.id = paid.payment_id
    cross join lateral (select private.committed_refund_cents(payment.id) as cents) refunding
    cross join lateral (
        select paid.whole_cents - paid.price_cents + private.prorate(paid.price_cents, p_refund_bps, 10000) as cents
    ) whole
    cross join lateral (
        select least(
            greatest(whole.cents - payment.uncaptured_cents - refunding.cents, 0),
            case payment.status when 'authorized' then payment.amount_cents else private.refundable_cents(payment) end
        ) as cents
    ) due
    where p_booking.status in ('confirmed', 'in_progress')
    union all
    select
        payment.id,
        case payment.status when 'authorized' then payment.amount_cents else private.refundable_cents(payment) end,
        0,
        0
    from public.bookings original
    join public.payments payment on payment.org_id = original.org_id and payment.booking_id = original.id
    where p_booking.status not in ('confirmed', 'in_progress')
        and original.org_id = p_booking.org_id
        and original.id = p_booking.original_booking_id
        and original.is_rescheduled
        and payment.is_accepted
        and payment.status in ('authorized', 'succeeded');
$$;

-- The refund rate of a cancellation or no-show in basis points. A learner or guardian who cancels a confirmed booking gets what
-- its cancellation policy says; a learner who does not come gets nothing; in every other case everything is refunded.
create function private.cancellation_refund_bps(
    p_booking public.bookings,
    p_ended_by public.booking_party,
    p_is_no_show boolean
)
    returns integer
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_booking.status not in ('confirmed', 'in_progress') then 10000
        when p_is_no_show then case p_ended_by when 'learner' then 0 else 10000 end
        when p_ended_by in ('learner', 'guardian') then private.policy_refund_bps(p_booking)
        else 10000
    end;
$$;

-- sql/64_cancellations/21_ended_bookings.sql
-- Guards every booking that ends, also by an edit in Studio: what it refunds is decided before it ends, unless the function that
-- ends it has decided already. A refund rate that the writer sets is used. A replacement that is declined or expires refunds its
-- original. Definer: the writer needs no access to payments and credits.
create function private.set_cancellation_outcome()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    outcome private.cancellation_outcome;
begin
    if new.cancellation_refund_cents is not null and not private.has_undecided_payments(new) then
        return new;
    end if;

    outcome := private.decide_cancellation_outcome(
        old,
        coalesce(
            new.refund_bps,
            private.cancellation_refund_bps(old, coalesce(new.no_show_by, new.cancelled_by), new.status = 'no_show')
        )
    );
    if new.status in ('cancelled', 'no_show') then
        new.hold_expires_at := null;
        new.refund_bps := outcome.refund_bps;
        new.cancellation_refund_cents := outcome.cancellation_refund_cents;
        new.restored_minutes := outcome.restored_minutes;
        new.kept_share_cents := outcome.kept_share_cents;
    end if;
    return new;
end;
$$;

create trigger set_cancellation_outcome
    before update of status on public.bookings
    for each row
    when (
        new.status <> old.status
        and not new.is_rescheduled
        and (
            new.status in ('cancelled', 'no_show')
            or (new.status in ('declined', 'expired') and new.original_booking_id is not null)
        )
    )
    execute function private.set_cancellation_outcome();

-- Has the booking, or the original that was given up for it, a payment of which nobody has decided what is refunded?
create function private.has_undecided_payments(p_booking public.bookings)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.bookings paid
        join public.payments payment on payment.org_id = paid.org_id and payment.booking_id = paid.id
        where paid.org_id = p_booking.org_id
            and (paid.id = p_booking.id or (paid.id = p_booking.original_booking_id and paid.is_rescheduled))
            and payment.is_accepted
            and payment.status in ('authorized', 'succeeded')
            and not exists (
                select
                from private.return_items item
                where item.org_id = p_booking.org_id
                    and item.booking_id = p_booking.id
                    and item.payment_id = payment.id
            )
    );
$$;

-- Carries out what was decided about the payments of a booking that ended: refunds them, or captures only the rest of an
-- authorization. A disputed payment cannot be refunded, so the admins are told. 82_effects calls it.
create function private.refund_booking(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    item private.return_items;
    payment public.payments;
begin
    for item in
        select decided.*
        from private.return_items decided
        join public.payments paid on paid.org_id = decided.org_id and paid.id = decided.payment_id
        where decided.org_id = p_booking.org_id
            and decided.booking_id = p_booking.id
        order by paid.created_at, paid.id
    loop
        select * into strict payment from public.payments where org_id = item.org_id and id = item.payment_id;
        if payment.status = 'authorized' then
            perform private.capture_payment(payment, item.refund_cents);
        elsif payment.is_disputed then
            perform private.raise_alert(
                p_booking.org_id, null, 'refund_waits_for_dispute',
                'A lesson was called off whose payment is disputed. Decide about a refund when the dispute has ended.',
                'payments', payment.id, format('booking:%s:refund_waits', p_booking.id)
            );
        elsif item.refund_cents > 0 then
            perform private.create_refund(
                payment, item.refund_cents,
                case
                    when payment.booking_id <> p_booking.id then 'The rescheduled lesson was not confirmed.'
                    when p_booking.status = 'no_show' then 'The instructor did not come.'
                    else 'The booking was cancelled.'
                end
            );
        end if;
    end loop;
end;
$$;

-- Cancels the unconfirmed replacement of a booking that ended. 82_effects calls it.
create function private.cancel_replacement(p_booking public.bookings)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.bookings
    set status = 'cancelled',
        cancelled_by = 'system',
        cancelled_at = private.clock(),
        cancellation_reason = 'The booking to be rescheduled has ended.'
    where org_id = p_booking.org_id
        and original_booking_id = p_booking.id
        and status in ('held', 'requested');
$$;

-- sql/64_cancellations/30_cancel.sql
-- What cancelling a booking would give back at this instant, to the cent.
-- Definer: parties of a booking may not read its payments' books.
create function private.preview_cancellation(p_booking_id uuid)
    returns table (
        booking_id uuid, cancelled_by public.booking_party, refund_bps integer,
        refund_cents bigint, kept_cents bigint, restored_minutes integer, currency text
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_party(p_booking_id);
    party constant public.booking_party := private.party_of(booking);
    outcome private.cancellation_outcome;
begin
    perform private.assert_cancellable(booking);
    outcome := private.calculate_cancellation_outcome(booking, private.cancellation_refund_bps(booking, party, false));
    return query
    select
        booking.id, party, outcome.refund_bps, outcome.cancellation_refund_cents, outcome.kept_cents,
        outcome.restored_minutes, booking.currency;
end;
$$;

-- Cancels a booking and refunds what preview_cancellation said, or refuses if that has changed. Cancelling twice is cancelling
-- once. What follows from the cancellation is in 82_effects. Definer: bookings change only through functions.
create function private.cancel_booking(p_booking_id uuid, p_reason text, p_expected_refund_cents bigint)
    returns table (
        booking_id uuid, cancelled_by public.booking_party, refund_bps integer,
        refund_cents bigint, restored_minutes integer, currency text
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_party(p_booking_id);
    party constant public.booking_party := private.party_of(booking);
    outcome private.cancellation_outcome;
    broken_rule text;
begin
    if booking.status <> 'cancelled' or booking.is_rescheduled then
        perform private.assert_cancellable(booking);
        outcome := private.decide_cancellation_outcome(booking, private.cancellation_refund_bps(booking, party, false));
        perform private.assert_refund_is_expected(outcome.cancellation_refund_cents, p_expected_refund_cents);

        update public.bookings
        set status = 'cancelled',
            hold_expires_at = null,
            cancelled_by = party,
            cancelled_at = private.clock(),
            cancellation_reason = p_reason,
            refund_bps = outcome.refund_bps,
            cancellation_refund_cents = outcome.cancellation_refund_cents,
            restored_minutes = outcome.restored_minutes,
            kept_share_cents = outcome.kept_share_cents
        where org_id = booking.org_id
            and id = booking.id
        returning * into booking;
    end if;

    return query
    select
        booking.id, booking.cancelled_by, booking.refund_bps, booking.cancellation_refund_cents, booking.restored_minutes,
        booking.currency;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Returns, locked, a booking to which the caller is a party; refuses with the same error whether it is somebody else's or does not
-- exist.
create function private.require_party(p_booking_id uuid)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings;
begin
    perform private.require_person();
    perform private.lock_bookings(array[p_booking_id]);
    select * into booking from public.bookings where id = p_booking_id;

    if private.party_of(booking) is null then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You have no such booking.',
            'Check the booking''s id, and that you are signed in as the right person.'
        );
    end if;
    return booking;
end;
$$;

-- The caller's role in a booking: learner, guardian who may book, instructor or admin; null for anybody else. A caller with
-- several roles has the first: an admin's own booking is cancelled under the learner's policy.
create function private.party_of(p_booking public.bookings)
    returns public.booking_party
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_booking.learner_id = any (private.my_learner_ids()) then 'learner'
        when p_booking.learner_id = any (private.ward_ids(private.my_user_id(), 'book')) then 'guardian'
        when p_booking.instructor_id = any (private.my_instructor_ids()) then 'instructor'
        when p_booking.org_id = any (private.my_admin_org_ids()) then 'admin'
    end::public.booking_party;
$$;

-- Refuses to cancel a booking that has ended or took place.
create function private.assert_cancellable(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_booking.status not in ('held', 'requested', 'confirmed', 'in_progress') then
        perform private.refuse(
            'PT409', 'booking_not_cancellable',
            format('This booking is %s, so it cannot be cancelled.', p_booking.status),
            'Reload the booking. For a lesson that took place, ask for a refund.'
        );
    end if;
end;
$$;

-- Refuses a cancellation whose refund is not the one that was previewed.
create function private.assert_refund_is_expected(p_refund_cents bigint, p_expected_refund_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_refund_cents <> p_expected_refund_cents then
        perform private.refuse(
            'PT409', 'refund_changed',
            'The refund for cancelling has changed in the meantime.',
            format(
                'It is %s now, in the minor unit. Call preview_cancellation again, and cancel if that refund is accepted.',
                p_refund_cents
            )
        );
    end if;
end;
$$;

-- sql/64_cancellations/31_no_show.sql
-- Records that the learner or the instructor did not come, from 15 minutes after the lesson's start. The learner's no-show is reported
-- by the instructor or an admin, and earned like a given lesson. The instructor's may also be reported by the learner while the
-- lesson has not been started, is refunded in full, and alerts the admins.
-- Definer: bookings change only through functions.
create function private.mark_no_show(p_booking_id uuid, p_who public.booking_party)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    booking public.bookings := private.require_party(p_booking_id);
    party constant public.booking_party := private.party_of(booking);
begin
    if coalesce(p_who not in ('learner', 'instructor'), true) then
        perform private.refuse(
            'PT422', 'bad_party',
            'Only a learner or an instructor can be a no-show.',
            'Send learner or instructor as p_who.'
        );
    end if;
    if party in ('learner', 'guardian') and (p_who = 'learner' or booking.status <> 'confirmed') then
        perform private.refuse(
            '42501', 'cannot_report_no_show',
            'Only the instructor or an admin can report this no-show.',
            'Cancel the booking, or report a problem after the lesson.'
        );
    end if;
    if booking.status not in ('confirmed', 'in_progress') then
        perform private.refuse(
            'PT409', 'booking_not_confirmed',
            format('Only a confirmed booking can be marked as a no-show; this one is %s.', booking.status),
            'Reload the booking.'
        );
    end if;
    if private.clock() < booking.start_at + interval '15 minutes' then
        perform private.refuse(
            'PT422', 'too_early',
            'It is too early to report a no-show: somebody may still come.',
            'Wait until 15 minutes after the lesson''s start.'
        );
    end if;

    update public.bookings set status = 'no_show', no_show_by = p_who where id = booking.id;
    if p_who = 'instructor' then
        perform private.raise_alert(
            booking.org_id, booking.instructor_id, 'instructor_no_show',
            'An instructor did not come to a lesson. The learner is refunded in full.',
            'bookings', booking.id, format('booking:%s:no_show', booking.id)
        );
    end if;
end;
$$;

-- sql/64_cancellations/40_reschedule.sql
-- Reschedules a confirmed booking to another time of its service, by reserving a replacement. The original's payments carry over;
-- for a more expensive time the difference is paid first, for a cheaper one it is refunded. The same key again is the same call.
-- Definer: bookings change only through functions.
create function private.reschedule_booking(p_booking_id uuid, p_start_at timestamptz, p_client_key text)
    returns table (booking public.bookings, refund_cents bigint)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    original public.bookings;
    service public.services;
    instructor public.instructors;
    replacement public.bookings;
begin
    perform private.lock_learner((select known.learner_id from public.bookings known where known.id = p_booking_id));
    original := private.require_party(p_booking_id);
    replacement := private.find_booking_by_client_key(
        original.learner_id, p_client_key, original.service_id, original.instructor_id, p_start_at
    );
    if replacement.id is null then
        select * into strict service from public.services where org_id = original.org_id and id = original.service_id;
        select * into strict instructor
        from public.instructors
        where org_id = original.org_id
            and id = original.instructor_id;
        perform private.assert_reschedulable(original, p_start_at);
        perform private.assert_slot_is_bookable(p_start_at, service, instructor);
        perform private.lock_daily_cap(instructor);
        replacement := private.reserve_replacement(original, service, instructor, p_start_at, p_client_key);
    end if;
    return query
    select
        replacement,
        case
            when replacement.original_total_cents = 0 then 0
            when replacement.is_fee_refundable then greatest(original.total_cents - replacement.total_cents, 0)
            else greatest(
                least(original.instructor_share_cents, original.total_cents)
                - least(replacement.instructor_share_cents, replacement.total_cents),
                0
            )
        end;
end;
$$;

-- Refuses to reschedule a booking that is not confirmed. A learner may reschedule only while cancelling would refund in full,
-- because otherwise rescheduling would evade the cancellation policy. An authorization must last until the new time.
create function private.assert_reschedulable(p_booking public.bookings, p_start_at timestamptz)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_booking.status <> 'confirmed' or p_booking.start_at <= private.clock() then
        perform private.refuse(
            'PT409', 'booking_not_reschedulable',
            'Only a confirmed booking that has not begun can be rescheduled.',
            'Reload the booking.'
        );
    end if;
    if p_booking.start_at = p_start_at then
        perform private.refuse(
            'PT422', 'same_time',
            'The lesson is already at that time.',
            'Choose another time.'
        );
    end if;
    if private.party_of(p_booking) in ('learner', 'guardian') and private.policy_refund_bps(p_booking) < 10000 then
        perform private.refuse(
            'PT409', 'too_late_to_reschedule',
            'It is too late to reschedule this lesson yourself.',
            'Ask the instructor, or call preview_cancellation to see what cancelling refunds.'
        );
    end if;
    if exists (
        select
        from public.payments payment
        where payment.org_id = p_booking.org_id
            and payment.booking_id = p_booking.id
            and payment.is_accepted
            and (
                payment.is_disputed
                or (
                    payment.status = 'authorized'
                    and p_start_at + (p_booking.end_at - p_booking.start_at) > payment.authorized_at + interval '6 days'
                )
            )
    ) then
        perform private.refuse(
            'PT409', 'payment_does_not_last',
            'The payment is disputed, or its authorization ends before that time.',
            'Choose an earlier time, or cancel and book again.'
        );
    end if;
end;
$$;

-- Reserves the replacement. If nothing more is due, the original ends first, so that the replacement may overlap it; otherwise
-- the original stays until the difference is paid. The pickup and dropoff places are copied.
create function private.reserve_replacement(
    p_booking public.bookings,
    p_service public.services,
    p_instructor public.instructors,
    p_start_at timestamptz,
    p_client_key text
)
    returns public.bookings
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    learner public.learners;
    replacement public.bookings;
    terms private.booking_terms;
    request constant private.booking_request := row(
        p_booking.learner_notes, p_client_key, null, null, null, false, p_booking.credit_applied_cents > 0,
        p_booking.series_id, p_booking.id
    );
begin
    select * into strict learner from public.learners where org_id = p_booking.org_id and id = p_booking.learner_id;
    if p_booking.credit_applied_cents = 0 then
        terms := private.price_booking(p_service, p_instructor, p_start_at, learner, request);
    end if;
    if coalesce((terms.price).total_cents <= p_booking.total_cents, true) then
        perform private.end_original_booking(p_booking.id, private.party_of(p_booking));
    end if;

    replacement := private.reserve_slot(private.ensure_slot(p_service, p_instructor, p_start_at), learner, request);
    update public.bookings
    set pickup_address = p_booking.pickup_address,
        pickup_lat = p_booking.pickup_lat,
        pickup_lng = p_booking.pickup_lng,
        dropoff_address = p_booking.dropoff_address,
        dropoff_lat = p_booking.dropoff_lat,
        dropoff_lng = p_booking.dropoff_lng
    where org_id = replacement.org_id
        and id = replacement.id
    returning * into replacement;
    return replacement;
end;
$$;

-- Refunds what a confirmed replacement costs less than its original, from the latest payments. Of an authorization the difference
-- is not captured after the lesson, so nothing is refunded. 82_effects calls it after the payments were carried over.
create function private.refund_price_difference(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    due record;
    payment public.payments;
    difference_cents bigint;
begin
    if p_booking.total_cents >= p_booking.original_total_cents then
        return;
    end if;

    for due in
        select before.payment_id, before.price_cents - after.price_cents as cents
        from public.bookings original
        cross join lateral private.allocate_price(p_booking.id, original) before
        join private.allocate_price(p_booking.id, p_booking) after on after.payment_id = before.payment_id
        where original.org_id = p_booking.org_id
            and original.id = p_booking.original_booking_id
            and before.price_cents > after.price_cents
        order by before.payment_id
    loop
        select * into strict payment from public.payments where id = due.payment_id for no key update;
        difference_cents := least(due.cents, private.refundable_cents(payment));
        if difference_cents > 0 then
            perform private.create_refund(payment, difference_cents, 'The lesson was moved to a cheaper time.');
        end if;
    end loop;
end;
$$;

-- Restores the discount of a free original booking whose replacement ended unconfirmed. 82_effects calls it.
create function private.restore_original_discount(p_booking public.bookings)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.restore_discount(original.id, null)
    from public.bookings original
    where original.org_id = p_booking.org_id
        and original.id = p_booking.original_booking_id
        and original.is_rescheduled
        and original.total_cents = 0;
$$;

-- sql/64_cancellations/50_refunds.sql
-- Requests a refund for the learner, or a guardian who may pay; an admin decides. If the booking has several payments, the oldest
-- one that covers the amount is refunded. The same key and amount again are the same request.
-- Definer: refunds are written only through functions.
create function private.request_refund(p_booking_id uuid, p_amount_cents bigint, p_reason text, p_client_key text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    payment public.payments;
    refund_id uuid;
    broken_rule text;
    missing_column text;
begin
    select paid.* into payment
    from public.payments paid
    where paid.booking_id = p_booking_id
        and paid.is_accepted
        and paid.status = 'succeeded'
        and (
            paid.learner_id = any (private.my_learner_ids())
            or paid.learner_id = any (private.ward_ids(person, 'pay'))
        )
    order by
        exists (
            select
            from public.refunds asked
            where asked.org_id = paid.org_id
                and asked.payment_id = paid.id
                and asked.client_key = p_client_key
        ) desc,
        private.refundable_cents(paid) >= p_amount_cents desc,
        paid.created_at,
        paid.id
    limit 1
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'payment_not_found',
            'You have no such paid booking.',
            'Check the booking''s id. Prepaid hours are refunded by refund_credits.'
        );
    end if;

    refund_id := private.find_refund_by_client_key(payment.id, p_client_key, p_amount_cents);
    if refund_id is not null then
        return refund_id;
    end if;
    perform private.assert_refund_amount(payment, p_amount_cents);
    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, client_key, requested_by
    )
    values (
        payment.org_id, payment.id, payment.learner_id, payment.instructor_id, payment.currency,
        p_amount_cents, p_reason, 'requested', p_client_key, person
    )
    returning id into refund_id;
    return refund_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Grants or declines a requested refund; the organization's admins only.
-- Definer: refunds are written only through functions.
create function private.decide_refund(p_refund_id uuid, p_is_granted boolean, p_note text)
    returns public.refund_status
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
    payment public.payments;
begin
    perform private.require_person();
    select paid.* into payment
    from public.refunds asked
    join public.payments paid on paid.org_id = asked.org_id and paid.id = asked.payment_id
    where asked.id = p_refund_id
        and asked.org_id = any (private.my_admin_org_ids())
    for no key update of paid;
    select * into refund from public.refunds where id = p_refund_id and payment_id = payment.id and status = 'requested';
    if not found then
        perform private.refuse(
            'PT404', 'refund_not_found',
            'There is no such open refund request in your organization.',
            'Reload the list of refunds.'
        );
    end if;
    if p_is_granted is null then
        perform private.refuse_violation('', 'is_granted');
    end if;
    perform set_config('lplate.reason', left(p_note, 500), true);

    if p_is_granted then
        perform private.assert_refund_amount(payment, refund.amount_cents);
        update public.refunds set status = 'pending' where id = refund.id;
        perform private.send_refund(refund.id);
        return 'pending';
    end if;
    update public.refunds set status = 'declined' where id = refund.id;
    return 'declined';
end;
$$;

-- Refunds a payment in part or in full; platform admins only. The same key and amount again are the same refund.
-- Definer: refunds are written only through functions.
create function private.admin_refund(p_payment_id uuid, p_amount_cents bigint, p_reason text, p_client_key text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    refund_id uuid;
    broken_rule text;
begin
    perform private.require_platform_admin(p_reason);
    select * into payment from public.payments where id = p_payment_id for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'payment_not_found',
            'There is no such payment.',
            'Check the id.'
        );
    end if;

    refund_id := private.find_refund_by_client_key(payment.id, p_client_key, p_amount_cents);
    if refund_id is not null then
        return refund_id;
    end if;
    perform private.assert_refund_amount(payment, p_amount_cents);
    return private.create_refund(payment, p_amount_cents, p_reason, p_client_key);
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
        return null;
end;
$$;

-- Returns the id of the refund that an earlier request with the same key made, or null. The caller holds the payment's lock.
create function private.find_refund_by_client_key(p_payment_id uuid, p_client_key text, p_amount_cents bigint)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    refund public.refunds;
begin
    select * into refund
    from public.refunds
    where payment_id = p_payment_id
        and client_key = p_client_key;
    if found and refund.amount_cents is distinct from p_amount_cents then
        perform private.refuse(
            'PT409', 'client_key_reused',
            'This p_client_key was already used with another amount.',
            'Send a new p_client_key for another refund.'
        );
    end if;
    return refund.id;
end;
$$;

-- Refuses an amount that the payment cannot refund. The caller holds the payment's lock.
create function private.assert_refund_amount(p_payment public.payments, p_amount_cents bigint)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if coalesce(p_amount_cents, 0) < 1 then
        perform private.refuse(
            'PT422', 'bad_amount',
            'The smallest refund is 1, in the minor unit.',
            'Send a positive whole number.'
        );
    end if;
    if p_payment.kind = 'credits' then
        perform private.refuse(
            'PT409', 'refund_by_minutes',
            'Prepaid hours are refunded by the minute.',
            'Call refund_credits.'
        );
    end if;
    perform private.assert_payment_is_refundable(p_payment, p_amount_cents);
end;
$$;

-- sql/64_cancellations/51_refund_credits.sql
-- Refunds unused minutes of a credit lot at the price paid, for the learner, a guardian who may pay, or an admin. The minutes are
-- removed at once, and restored if the refund fails. The same key and minutes again are the same refund.
-- Definer: credits are written only through functions.
create function private.refund_credits(p_credit_id uuid, p_minutes integer, p_reason text, p_client_key text)
    returns table (refund_id uuid, minutes integer, amount_cents bigint, currency text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    payment public.payments;
    credit public.learner_credits;
    broken_rule text;
begin
    select paid.* into payment
    from public.payments paid
    where paid.credit_id = p_credit_id
        and paid.is_accepted
        and (
            paid.learner_id = any (private.my_learner_ids())
            or paid.learner_id = any (private.ward_ids(person, 'pay'))
            or paid.org_id = any (private.my_admin_org_ids())
        )
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'credit_not_found',
            'You have no such purchase of hours.',
            'Check the id, and that you are signed in as the right person.'
        );
    end if;
    select * into strict credit from public.learner_credits where id = p_credit_id for no key update;
    return query
    select made.refund_id, made.minutes, made.amount_cents, credit.currency
    from private.refund_lot(payment, credit, p_minutes, p_reason, p_client_key) made;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Refunds unused minutes of a credit lot, all of them if p_minutes is null. The caller holds the locks of payment and lot.
-- offboard_instructor calls it too.
create function private.refund_lot(
    p_payment public.payments,
    p_credit public.learner_credits,
    p_minutes integer,
    p_reason text,
    p_client_key text
)
    returns table (refund_id uuid, minutes integer, amount_cents bigint)
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    part private.credit_part;
begin
    return query
    select refund.id, entry.minutes, refund.amount_cents
    from public.refunds refund
    join public.credit_entries entry
        on entry.org_id = refund.org_id
        and entry.refund_id = refund.id
        and entry.kind = 'refund'
    where refund.org_id = p_payment.org_id
        and refund.payment_id = p_payment.id
        and refund.client_key = p_client_key;
    if found then
        if exists (
            select
            from public.refunds refund
            join public.credit_entries entry
                on entry.org_id = refund.org_id
                and entry.refund_id = refund.id
                and entry.kind = 'refund'
            where refund.org_id = p_payment.org_id
                and refund.payment_id = p_payment.id
                and refund.client_key = p_client_key
                and entry.minutes <> coalesce(p_minutes, entry.minutes)
        ) then
            perform private.refuse(
                'PT409', 'client_key_reused',
                'This p_client_key was already used for another number of minutes.',
                'Send a new p_client_key for another refund.'
            );
        end if;
        return;
    end if;

    perform private.assert_minutes_are_refundable(p_payment, p_credit, p_minutes);
    part := private.next_credit_part(p_credit, coalesce(p_minutes, p_credit.minutes_left));
    refund_id := private.create_credit_refund(p_payment, p_credit, part, p_reason, p_client_key);
    minutes := part.minutes;
    select refund.amount_cents into amount_cents from public.refunds refund where refund.id = refund_id;
    return next;
end;
$$;

-- Refuses minutes that are not left in the lot, or whose payment is disputed.
create function private.assert_minutes_are_refundable(
    p_payment public.payments,
    p_credit public.learner_credits,
    p_minutes integer
)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_minutes < 1 then
        perform private.refuse(
            'PT422', 'bad_minutes',
            'At least one minute can be refunded.',
            'Send a positive whole number, or null for all that are left.'
        );
    end if;
    perform private.assert_payment_is_refundable(p_payment, 0);
    if p_credit.status <> 'active' or coalesce(p_minutes, 1) > p_credit.minutes_left then
        perform private.refuse(
            'PT409', 'insufficient_credit',
            format(
                '%s minutes of these hours can be refunded.',
                case p_credit.status when 'active' then p_credit.minutes_left else 0 end
            ),
            'Cancel lessons booked with these hours first, or send fewer minutes.'
        );
    end if;
end;
$$;

-- Creates the refund at the price paid, without the fee if that is not refundable, and takes the minutes from the lot.
create function private.create_credit_refund(
    p_payment public.payments,
    p_credit public.learner_credits,
    p_part private.credit_part,
    p_reason text,
    p_client_key text
)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_refund_id uuid;
    fee_cents constant bigint := case when p_credit.is_fee_refundable then p_part.fee_cents else 0 end;
    discount_cents constant bigint := case
        when p_credit.is_fee_refundable then p_part.discount_cents
        else greatest(p_part.discount_cents - p_part.fee_cents, 0)
    end;
begin
    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency,
        amount_cents, share_cents, fee_cents, discount_cents, reason, status, client_key, requested_by
    )
    values (
        p_payment.org_id, p_payment.id, p_payment.learner_id, p_payment.instructor_id, p_payment.currency,
        p_part.share_cents + fee_cents - discount_cents, p_part.share_cents, fee_cents, discount_cents,
        coalesce(p_reason, 'Unused hours were given back.'), 'pending', p_client_key, private.my_user_id()
    )
    returning id into new_refund_id;
    perform private.add_credit_entry(p_part, 'refund', null, new_refund_id);
    perform private.send_refund(new_refund_id);
    return new_refund_id;
end;
$$;

-- sql/64_cancellations/52_record_refund.sql
-- Records a refund that was made another way than through Stripe, such as a transfer from the platform's bank account after Stripe could
-- not reach the payer; platform admins only. Of prepaid hours it takes the minutes that the amount pays back, as a refund made in
-- Stripe's Dashboard does. The next jobs maintain posts it, since no person moves money. The same key and amount again are the same
-- refund.
-- Definer: refunds are written only through functions.
create function private.admin_record_refund(p_payment_id uuid, p_amount_cents bigint, p_reason text, p_client_key text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payment public.payments;
    refund public.refunds;
    broken_rule text;
begin
    perform private.require_platform_admin(p_reason);
    select * into payment from public.payments where id = p_payment_id for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'payment_not_found',
            'There is no such payment.',
            'Check the id.'
        );
    end if;
    refund.id := private.find_refund_by_client_key(payment.id, p_client_key, p_amount_cents);
    if refund.id is not null then
        return refund.id;
    end if;
    if coalesce(p_amount_cents, 0) < 1 then
        perform private.refuse(
            'PT422', 'bad_amount',
            'The smallest refund is 1, in the minor unit.',
            'Send a positive whole number.'
        );
    end if;
    perform private.assert_payment_is_refundable(payment, p_amount_cents);

    insert into public.refunds (
        org_id, payment_id, learner_id, instructor_id, currency, amount_cents, reason, status, client_key, requested_by,
        is_made_elsewhere
    )
    values (
        payment.org_id, payment.id, payment.learner_id, payment.instructor_id, payment.currency, p_amount_cents, p_reason,
        'pending', p_client_key, private.my_user_id(), true
    )
    returning * into refund;
    if payment.kind = 'credits' and payment.is_accepted then
        refund := private.take_refunded_minutes(payment, refund);
    end if;
    return refund.id;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
        return null;
end;
$$;

-- Posts the refunds that admins have recorded, and returns how many. Called by jobs maintain.
create function private.post_recorded_refunds()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    recorded record;
    payment public.payments;
    refund public.refunds;
    posted_count integer := 0;
begin
    for recorded in
        select waiting.org_id, waiting.id, waiting.payment_id
        from public.refunds waiting
        where waiting.is_made_elsewhere
            and waiting.status = 'pending'
        order by waiting.payment_id, waiting.id
        limit 100
    loop
        select * into strict payment
        from public.payments
        where org_id = recorded.org_id
            and id = recorded.payment_id
        for no key update;
        select * into refund
        from public.refunds
        where org_id = recorded.org_id
            and id = recorded.id
            and status = 'pending'
        for no key update;
        if found then
            perform private.post_refund(payment, refund, private.clock());
            update public.refunds set status = 'succeeded' where org_id = refund.org_id and id = refund.id;
            posted_count := posted_count + 1;
        end if;
    end loop;
    return posted_count;
end;
$$;

-- sql/64_cancellations/60_offboard.sql
-- Removes an instructor from the marketplace or the school; an admin of the organization calls it. Nothing new can be booked, lessons
-- ahead are cancelled with full refunds, and learners' unused minutes are refunded. Returns each refunded credit lot.
-- Definer: it changes instructors, bookings, credits and refunds, which the caller may not write.
create function private.offboard_instructor(p_instructor_id uuid, p_reason text)
    returns table (credit_id uuid, learner_id uuid, minutes integer, amount_cents bigint, currency text, refund_id uuid)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
    ahead record;
    credit public.learner_credits;
    payment public.payments;
begin
    perform private.require_person();
    update public.instructors
    set is_active = false
    where id = p_instructor_id
        and org_id = any (private.my_admin_org_ids())
    returning * into instructor;
    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'Your organization has no such instructor.',
            'Check the id.'
        );
    end if;

    perform private.lock_offboarded(instructor);
    for ahead in
        select booking.id
        from public.bookings booking
        where booking.org_id = instructor.org_id
            and booking.instructor_id = instructor.id
            and booking.status in ('held', 'requested', 'confirmed')
        order by booking.original_booking_id nulls last, booking.id
    loop
        perform private.require_party(ahead.id);
        update public.bookings
        set status = 'cancelled',
            cancelled_by = 'system',
            cancelled_at = private.clock(),
            cancellation_reason = left(p_reason, 2000)
        where id = ahead.id
            and status in ('held', 'requested', 'confirmed');
    end loop;

    for payment in
        select paid.*
        from public.learner_credits lot
        join public.payments paid
            on paid.org_id = lot.org_id
            and paid.credit_id = lot.id
            and paid.is_accepted
            and not paid.is_disputed
        where lot.org_id = instructor.org_id
            and lot.instructor_id = instructor.id
            and lot.status = 'active'
            and lot.minutes_left > 0
        order by paid.id
        for no key update of paid
    loop
        select * into strict credit
        from public.learner_credits
        where org_id = payment.org_id
            and id = payment.credit_id
        for no key update;
        continue when credit.status <> 'active' or credit.minutes_left = 0;
        return query
        select credit.id, credit.learner_id, made.minutes, made.amount_cents, credit.currency, made.refund_id
        from private.refund_lot(payment, credit, null, 'The instructor has left.', null) made;
    end loop;
end;
$$;

-- Locks the bookings that offboarding cancels, then the payments of the credit lots that it refunds: all of them before the first slot
-- or lot, because a cancellation locks its booking before the slot, and a refund of a lot locks the payment before the lot.
create function private.lock_offboarded(p_instructor public.instructors)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.lock_bookings(
        array(
            select booking.id
            from public.bookings booking
            where booking.org_id = p_instructor.org_id
                and booking.instructor_id = p_instructor.id
                and booking.status in ('held', 'requested', 'confirmed')
        )
    );
    perform
    from public.learner_credits lot
    join public.payments paid
        on paid.org_id = lot.org_id
        and paid.credit_id = lot.id
        and paid.is_accepted
    where lot.org_id = p_instructor.org_id
        and lot.instructor_id = p_instructor.id
        and lot.status = 'active'
    order by paid.id
    for no key update of paid;
end;
$$;

-- sql/64_cancellations/61_ageing_authorizations.sql
-- Cancels lessons whose payment authorization is about to expire and that nobody marked as completed, and returns how many. The
-- authorization is released half a day before the bank would let it lapse. 95_operations calls it.
create function private.void_ageing_authorizations()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    ageing_ids constant uuid[] := array(
        select payment.id
        from public.payments payment
        where payment.status = 'authorized'
            and payment.authorized_at <= private.clock() - interval '6 days 12 hours'
            and payment.is_accepted
        order by payment.id
        limit 1000
    );
    ageing record;
    voided integer := 0;
begin
    perform private.lock_bookings(array(select payment.booking_id from public.payments payment where payment.id = any (ageing_ids)));
    for ageing in
        select payment.booking_id, payment.org_id, payment.instructor_id
        from public.payments payment
        where payment.id = any (ageing_ids)
            and payment.status = 'authorized'
        order by payment.id
    loop
        update public.bookings
        set status = 'cancelled',
            cancelled_by = 'system',
            cancelled_at = private.clock(),
            cancellation_reason = 'The lesson was not completed while its payment was authorized.'
        where id = ageing.booking_id
            and status in ('confirmed', 'in_progress');
        if found then
            voided := voided + 1;
            perform private.raise_alert(
                ageing.org_id, ageing.instructor_id, 'authorization_voided',
                'A lesson was not marked as completed within six days of its payment, so the payment''s authorization was released.',
                'bookings', ageing.booking_id, format('booking:%s:authorization_voided', ageing.booking_id)
            );
        end if;
    end loop;
    return voided;
end;
$$;

-- sql/64_cancellations/80_api.sql
create function public.preview_cancellation(p_booking_id uuid)
    returns table (
        booking_id uuid,
        cancelled_by public.booking_party,
        refund_bps integer,
        refund_cents bigint,
        kept_cents bigint,
        restored_minutes integer,
        currency text
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        ending.booking_id, ending.cancelled_by, ending.refund_bps, ending.refund_cents, ending.kept_cents,
        ending.restored_minutes, ending.currency
    from private.preview_cancellation(p_booking_id) ending;
end;

comment on function public.preview_cancellation is
    'What cancel_booking would refund now, in the minor unit and in prepaid minutes; for the learner, a guardian who may '
    'book, the instructor and admins, each as they would cancel. Errors: sign_in_required, booking_not_found, '
    'booking_not_cancellable.';

create function public.cancel_booking(
    p_booking_id uuid,
    p_reason text default null,
    p_expected_refund_cents bigint default null
)
    returns table (
        booking_id uuid,
        cancelled_by public.booking_party,
        refund_bps integer,
        refund_cents bigint,
        restored_minutes integer,
        currency text
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        ending.booking_id, ending.cancelled_by, ending.refund_bps, ending.refund_cents, ending.restored_minutes, ending.currency
    from private.cancel_booking(p_booking_id, p_reason, p_expected_refund_cents) ending;
end;

comment on function public.cancel_booking is
    'Cancels a booking and refunds what its policy says: by the notice given if a learner or guardian cancels, in full if '
    'anybody else does. Send the refund_cents of preview_cancellation as p_expected_refund_cents: the call is refused if '
    'the amount has changed. Cancelling again has no effect. Errors: sign_in_required, booking_not_found, '
    'booking_not_cancellable, refund_changed, and the rules of public.bookings.';

create function public.mark_no_show(p_booking_id uuid, p_who public.booking_party)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.mark_no_show(p_booking_id, p_who);

comment on function public.mark_no_show is
    'Records that the learner or the instructor did not come, from 15 minutes after the start. The learner''s no-show is '
    'reported by the instructor or an admin, and the lesson is earned; the instructor''s may be reported by the learner '
    'too, and is refunded in full. Errors: sign_in_required, booking_not_found, bad_party, cannot_report_no_show, '
    'booking_not_confirmed, too_early.';

create function public.reschedule_booking(
    p_booking_id uuid,
    p_start_at timestamptz,
    p_client_key text default null
)
    returns table (
        booking_id uuid,
        status public.booking_status,
        amount_cents bigint,
        refund_cents bigint,
        currency text,
        hold_expires_at timestamptz
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        (made.booking).id as booking_id,
        (made.booking).status as status,
        (made.booking).due_cents as amount_cents,
        made.refund_cents,
        (made.booking).currency as currency,
        (made.booking).hold_expires_at as hold_expires_at
    from private.reschedule_booking(p_booking_id, p_start_at, p_client_key) made;
end;

comment on function public.reschedule_booking is
    'Reschedules a confirmed booking to another open time and returns the replacement: confirmed, or held until '
    'amount_cents is paid (the original stays until then), or requested. refund_cents is the refund for a cheaper time. A '
    'learner may do so while cancelling would refund in full. Errors: sign_in_required, booking_not_found, '
    'booking_not_reschedulable, same_time, too_late_to_reschedule, payment_does_not_last, client_key_reused, '
    'slot_in_the_past, service_inactive, instructor_unavailable, too_short_notice, too_far_ahead, insufficient_credit, '
    'credit_changed, amount_too_small, amount_too_large, price_missing, too_many_holds, slot_taken, learner_busy, and the '
    'rules of public.bookings.';

create function public.request_refund(
    p_booking_id uuid,
    p_amount_cents bigint,
    p_reason text,
    p_client_key text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.request_refund(p_booking_id, p_amount_cents, p_reason, p_client_key);

comment on function public.request_refund is
    'Requests a refund in the minor unit and returns its id; an admin decides. For the learner and guardians who may pay. '
    'Errors: sign_in_required, payment_not_found, bad_amount, payment_disputed, refund_exceeds_payment, client_key_reused, '
    'value_missing, and the rules of public.refunds.';

create function public.decide_refund(p_refund_id uuid, p_is_granted boolean, p_note text default null)
    returns public.refund_status
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.decide_refund(p_refund_id, p_is_granted, p_note);

comment on function public.decide_refund is
    'Grants or declines a requested refund; for the organization''s admins. p_note is kept in the audit log. '
    'Errors: sign_in_required, refund_not_found, value_missing, payment_disputed, refund_exceeds_payment.';

create function public.admin_refund(
    p_payment_id uuid,
    p_amount_cents bigint,
    p_reason text,
    p_client_key text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_refund(p_payment_id, p_amount_cents, p_reason, p_client_key);

comment on function public.admin_refund is
    'Refunds a payment in part or in full, in the minor unit, and returns the refund''s id; for platform admins. Errors: '
    'not_an_admin, reason_required, payment_not_found, bad_amount, refund_by_minutes, payment_disputed, '
    'refund_exceeds_payment, client_key_reused, and the rules of public.refunds.';

create function public.admin_record_refund(
    p_payment_id uuid,
    p_amount_cents bigint,
    p_reason text,
    p_client_key text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_record_refund(p_payment_id, p_amount_cents, p_reason, p_client_key);

comment on function public.admin_record_refund is
    'Records a refund that was made another way than through Stripe, from the platform''s bank account, and returns its id. Of prepaid '
    'hours it takes the minutes that the amount pays back. The next jobs maintain posts it. Platform admins only. Errors: '
    'not_an_admin, reason_required, payment_not_found, bad_amount, payment_disputed, refund_exceeds_payment, client_key_reused, '
    'and the rules of public.refunds.';

create function public.refund_credits(
    p_credit_id uuid,
    p_minutes integer default null,
    p_reason text default null,
    p_client_key text default null
)
    returns table (refund_id uuid, minutes integer, amount_cents bigint, currency text)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select made.refund_id, made.minutes, made.amount_cents, made.currency
    from private.refund_credits(p_credit_id, p_minutes, p_reason, p_client_key) made;
end;

comment on function public.refund_credits is
    'Refunds unused minutes of a credit lot, all of them if p_minutes is null, at the price paid; for the learner, a '
    'guardian who may pay, and admins. Errors: sign_in_required, credit_not_found, bad_minutes, payment_disputed, '
    'insufficient_credit, client_key_reused, refund_exceeds_payment, and the rules of public.refunds.';

create function public.offboard_instructor(p_instructor_id uuid, p_reason text default null)
    returns table (
        credit_id uuid, learner_id uuid, minutes integer, amount_cents bigint, currency text, refund_id uuid
    )
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select lot.credit_id, lot.learner_id, lot.minutes, lot.amount_cents, lot.currency, lot.refund_id
    from private.offboard_instructor(p_instructor_id, p_reason) lot;
end;

comment on function public.offboard_instructor is
    'Deactivates an instructor: cancels the lessons ahead with full refunds, refunds the hours that learners have left, and '
    'returns one row a refunded lot; for the organization''s admins. Errors: sign_in_required, instructor_not_found.';

-- sql/64_cancellations/90_access.sql
grant execute on function private.preview_cancellation to authenticated;
grant execute on function public.preview_cancellation to authenticated;
grant execute on function private.cancel_booking to authenticated;
grant execute on function public.cancel_booking to authenticated;
grant execute on function private.mark_no_show to authenticated;
grant execute on function public.mark_no_show to authenticated;
grant execute on function private.reschedule_booking to authenticated;
grant execute on function public.reschedule_booking to authenticated;
grant execute on function private.request_refund to authenticated;
grant execute on function public.request_refund to authenticated;
grant execute on function private.decide_refund to authenticated;
grant execute on function public.decide_refund to authenticated;
grant execute on function private.admin_refund to authenticated;
grant execute on function public.admin_refund to authenticated;
grant execute on function private.admin_record_refund to authenticated;
grant execute on function public.admin_record_refund to authenticated;
grant execute on function private.refund_credits to authenticated;
grant execute on function public.refund_credits to authenticated;
grant execute on function private.offboard_instructor to authenticated;
grant execute on function public.offboard_instructor to authenticated;

-- sql/66_rewards/10_tables.sql
-- Rewards: what a learner gets for recommending an organization.
--
-- referral_rewards   one for each referral code that a new learner redeemed, once that learner's lesson is completed and paid
--
-- 82_effects calls grant_reward when a lesson is completed or its payment arrives, whichever comes last, and claw_back_reward when
-- a payment is refunded or lost. Frontends call reward_balance. Codes and their redemption are in 35_discounts; the balance is the
-- ledger account learner_rewards.
create table public.referral_rewards (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    redemption_id uuid not null unique,
    referrer_id uuid not null,
    booking_id uuid not null,
    payment_id uuid not null,
    currency text not null,
    amount_cents bigint not null,
    clawed_back_cents bigint not null default 0,
    revision integer not null default 0,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, redemption_id) references public.code_redemptions (org_id, id) on delete restrict,
    foreign key (org_id, referrer_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint amount_is_positive check (amount_cents > 0),
    constraint at_most_the_reward_is_taken_back check (clawed_back_cents between 0 and amount_cents)
);

create index on public.referral_rewards (org_id, redemption_id);
create index on public.referral_rewards (org_id, referrer_id);
create index on public.referral_rewards (org_id, booking_id);
create index on public.referral_rewards (org_id, payment_id);
create index on public.referral_rewards (referrer_id);
create index on public.referral_rewards (payment_id);

comment on table public.referral_rewards is
    'A referrer''s reward for a new learner''s lesson, granted once it is completed and paid; clawed back in proportion as '
    'it is refunded.';
comment on column public.referral_rewards.revision is
    'Number of changes to clawed_back_cents; part of their idempotency keys.';

alter table public.referral_rewards enable row level security;

create trigger touch_updated_at
    before update on public.referral_rewards
    for each row execute function private.touch_updated_at();

select private.audit_table('public.referral_rewards', 'id');

-- sql/66_rewards/20_grant.sql
-- Rewards the referrer once a referred learner's lesson is completed and its money is there, once a redemption; whichever of the
-- two comes last. A reward in another currency than the payment's is none.
create function private.grant_reward(p_booking_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    reward public.referral_rewards;
begin
    insert into public.referral_rewards (
        org_id, redemption_id, referrer_id, booking_id, payment_id, currency, amount_cents
    )
    select
        redemption.org_id, redemption.id, code.referrer_id, booking.id, payment.id, code.currency, code.reward_cents
    from public.bookings booking
    join public.payments payment
        on payment.status = 'succeeded'
        and payment.is_accepted
        and (
            payment.booking_id = booking.id
            or payment.credit_id in (
                select entry.credit_id
                from public.credit_entries entry
                where entry.org_id = booking.org_id
                    and entry.booking_id = booking.id
            )
        )
    join public.code_redemptions redemption
        on redemption.kind = 'referral'
        and redemption.status = 'redeemed'
        and (redemption.booking_id = payment.booking_id or redemption.credit_id = payment.credit_id)
    join public.referral_codes code on code.org_id = redemption.org_id and code.id = redemption.referral_code_id
    where booking.id = p_booking_id
        and booking.status = 'completed'
        and payment.refunded_cents < payment.captured_cents
        and code.reward_cents > 0
        and code.currency = payment.currency
    order by payment.created_at
    limit 1
    for no key update of payment
    on conflict (redemption_id) do nothing
    returning * into reward;

    if found then
        perform private.post_transaction(
            reward.org_id, 'reward_granted', 'referral_reward', reward.id, format('reward:%s:granted', reward.id),
            reward.currency, private.clock(),
            array[
                row('promotions', null, reward.amount_cents),
                row('learner_rewards', reward.referrer_id, -reward.amount_cents)
            ]::private.posting[]
        );
        perform private.claw_back_reward(reward.payment_id);
    end if;
end;
$$;

-- sql/66_rewards/30_claw_back.sql
-- Claws a reward back in cumulative proportion to the refunded or lost part of the lesson's payment; a failed refund restores it.
-- A reward that was already spent leaves a negative balance, which later rewards make up.
create function private.claw_back_reward(p_payment_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    reward public.referral_rewards;
    payment public.payments;
    target_cents bigint;
begin
    select * into reward from public.referral_rewards where payment_id = p_payment_id for no key update;
    if not found then
        return;
    end if;
    select * into strict payment from public.payments where id = p_payment_id;
    target_cents := private.prorate(
        reward.amount_cents, payment.refunded_cents + payment.lost_cents, payment.captured_cents
    );
    if target_cents = reward.clawed_back_cents then
        return;
    end if;

    update public.referral_rewards
    set clawed_back_cents = target_cents,
        revision = revision + 1
    where org_id = reward.org_id
        and id = reward.id;
    perform private.post_transaction(
        reward.org_id, 'reward_clawed_back', 'referral_reward', reward.id, format('reward:%s:clawed_back:%s', reward.id, reward.revision),
        reward.currency, private.clock(),
        array[
            row('learner_rewards', reward.referrer_id, target_cents - reward.clawed_back_cents),
            row('promotions', null, reward.clawed_back_cents - target_cents)
        ]::private.posting[]
    );
end;
$$;

-- sql/66_rewards/40_balance.sql
-- The caller's usable rewards by organization. Definer: no API role may read the ledger.
create function private.reward_balance()
    returns table (learner_id uuid, org_id uuid, available_cents bigint, currency text)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    return query
    select learner.id, learner.org_id, private.available_reward_cents(learner.id, account.currency), account.currency
    from public.learners learner
    join private.ledger_accounts account
        on account.org_id = learner.org_id
        and account.kind = 'learner_rewards'
        and account.owner_id = learner.id
    where learner.id = any (private.my_learner_ids())
    order by learner.org_id, account.currency;
end;
$$;

-- sql/66_rewards/80_api.sql
create function public.reward_balance()
    returns table (learner_id uuid, org_id uuid, available_cents bigint, currency text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select mine.learner_id, mine.org_id, mine.available_cents, mine.currency from private.reward_balance() mine;
end;

comment on function public.reward_balance is
    'The caller''s usable rewards by organization, in the minor unit; p_use_rewards takes them off the price of a booking there. '
    'Errors: sign_in_required.';

-- sql/66_rewards/90_access.sql
create policy select_party on public.referral_rewards
    for select
    to authenticated
    using (
        referrer_id = any ((select private.my_learner_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.referral_rewards to authenticated, service_role;

grant execute on function private.reward_balance to authenticated;
grant execute on function public.reward_balance to authenticated;

-- sql/67_booking_lists/10_booking_details.sql
-- Booking lists: bookings as frontends show them, in the words of the published API.
--
-- booking_details is the view; its columns are published and keep their names. It runs with the reader's rights, so row-level
-- security of the tables below decides what each reader sees.
-- my_bookings, instructor_day and organization_bookings (80_api) each serve one audience: a private function with the owner's
-- rights picks the ids of one page by that audience's index, and list_bookings reads them through the view.
-- Frontends call these; no other room does. It has no tables.
create view public.booking_details
    with (security_invoker = true)
as
select
    booking.id,
    booking.org_id,
    booking.learner_id,
    booking.instructor_id as expert_id,
    booking.service_id as session_id,
    booking.slot_id,
    booking.start_at,
    booking.end_at,
    case booking.status
        when 'held' then 'pending'
        when 'requested' then 'pending'
        when 'in_progress' then 'confirmed'
        when 'expired' then 'cancelled'
        when 'no_show' then case booking.no_show_by when 'instructor' then 'cancelled' else 'completed' end
        else booking.status::text
    end as status,
    case
        when payment.refunded_cents > 0 and payment.refunded_cents = payment.captured_cents then 'refunded'
        when payment.status is null and booking.due_cents = 0
            and booking.status in ('confirmed', 'in_progress', 'completed', 'no_show') then 'captured'
        when payment.status = 'succeeded' then 'captured'
        when payment.status in ('processing', 'authorized', 'cancelled') then payment.status::text
        when payment.status = 'requires_payment' and payment.failure_code is not null then 'failed'
        when booking.status in ('expired', 'cancelled', 'declined') then 'cancelled'
        else 'pending'
    end as payment_status,
    coalesce(payment.authorized_cents, 0)::bigint as amount_authorized,
    coalesce(payment.captured_cents, 0)::bigint as amount_captured,
    coalesce(payment.refunded_cents, 0)::bigint as amount_refunded,
    booking.currency,
    payment.stripe_payment_intent_id,
    booking.learner_notes,
    note.notes as expert_notes,
    case booking.cancelled_by
        when 'guardian' then 'learner'
        when 'instructor' then 'expert'
        when 'admin' then 'system'
        else booking.cancelled_by::text
    end as cancelled_by,
    booking.cancellation_reason,
    booking.cancelled_at,
    booking.created_at,
    booking.updated_at,
    service.title as session_title,
    service.description as session_description,
    service.duration_minutes,
    instructor.display_name as expert_name,
    instructor.bio as expert_bio,
    learner.full_name as learner_name,
    booking.start_at as slot_start_time,
    booking.end_at as slot_end_time,
    booking.status as booking_status,
    booking.total_cents,
    booking.due_cents
from public.bookings booking
join public.services service on service.org_id = booking.org_id and service.id = booking.service_id
join public.instructors instructor on instructor.org_id = booking.org_id and instructor.id = booking.instructor_id
join public.learners learner on learner.org_id = booking.org_id and learner.id = booking.learner_id
left join public.booking_notes note on note.org_id = booking.org_id and note.booking_id = booking.id
left join lateral (
    select
        latest.status,
        latest.failure_code,
        sum(latest.authorized_cents) over () as authorized_cents,
        sum(latest.captured_cents) over () as captured_cents,
        sum(latest.refunded_cents) over () as refunded_cents,
        latest.stripe_payment_intent_id
    from public.payments latest
    where latest.org_id = booking.org_id
        and latest.booking_id = booking.id
    order by latest.captured_cents > 0 desc, latest.created_at desc
    limit 1
) payment on true;

comment on view public.booking_details is
    'A booking with all that a frontend shows, in the words of the published API. Row-level security of the underlying tables '
    'applies to each reader: expert_notes is null for the learner.';
comment on column public.booking_details.status is
    'pending (held, requested), confirmed (also in progress), completed (also the learner''s no-show), cancelled (also '
    'expired, and the instructor''s no-show) or declined. booking_status has the exact status.';
comment on column public.booking_details.payment_status is
    'pending, processing, authorized, captured (also by prepaid hours), failed (declined; may be tried again), cancelled or '
    'refunded (in full).';

-- sql/67_booking_lists/20_lists.sql
-- Returns the details of these bookings by time, as far as the caller may see them. The functions of 80_api call it with one page.
-- In plpgsql, so that the view with all its policies is planned once a session.
create function private.list_bookings(p_booking_ids uuid[])
    returns setof public.booking_details
    language plpgsql
    stable
    security invoker
    rows 50
    set search_path = '', pg_temp
as $$
begin
    return query
    select details.*
    from public.booking_details details
    where details.id = any (p_booking_ids)
    order by details.start_at, details.id;
end;
$$;

-- One page of the bookings of the caller and the learners in their care, by time.
-- Definer: the policy on bookings covers all audiences at once, which would keep the index on learner_id from returning the page
-- in order. Policies still decide what is shown, because list_bookings reads as the caller.
create function private.my_booking_ids(
    p_from timestamptz,
    p_limit integer,
    p_after_start_at timestamptz,
    p_after_id uuid
)
    returns uuid[]
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return array(
        select booking.id
        from public.bookings booking
        where booking.learner_id = any (private.my_family_ids())
            and booking.start_at >= greatest(p_from, p_after_start_at, '-infinity')
            and (p_after_start_at is null or (booking.start_at, booking.id) > (p_after_start_at, p_after_id))
        order by booking.start_at, booking.id
        limit private.page_size(p_limit)
    );
end;
$$;

-- An instructor's bookings on a date in the instructor's time zone, for the instructor and the school's admins.
-- Definer: as my_booking_ids.
create function private.instructor_day_ids(p_instructor_id uuid, p_on date)
    returns uuid[]
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return array(
        select booking.id
        from public.bookings booking
        join public.instructors instructor
            on instructor.org_id = booking.org_id
            and instructor.id = booking.instructor_id
        where booking.instructor_id = p_instructor_id
            and (
                p_instructor_id = any (private.my_instructor_ids())
                or booking.org_id = any ((select private.my_admin_org_ids())::uuid[])
            )
            and booking.status not in ('cancelled', 'declined', 'expired')
            and booking.start_at >= p_on::timestamp at time zone 'UTC' - interval '14 hours'
            and booking.start_at < p_on::timestamp at time zone 'UTC' + interval '36 hours'
            and (booking.start_at at time zone instructor.time_zone)::date = p_on
    );
end;
$$;

-- One page of an organization's bookings by time, for its admins. Definer: as my_booking_ids.
create function private.organization_booking_ids(
    p_org_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_limit integer,
    p_after_start_at timestamptz,
    p_after_id uuid
)
    returns uuid[]
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return array(
        select booking.id
        from public.bookings booking
        where booking.org_id = p_org_id
            and p_org_id = any (private.my_admin_org_ids())
            and booking.start_at >= greatest(p_from, p_after_start_at)
            and booking.start_at < p_to
            and (p_after_start_at is null or (booking.start_at, booking.id) > (p_after_start_at, p_after_id))
        order by booking.start_at, booking.id
        limit private.page_size(p_limit)
    );
end;
$$;

-- sql/67_booking_lists/80_api.sql
create function public.my_bookings(
    p_from timestamptz default '-infinity',
    p_limit integer default 50,
    p_after_start_at timestamptz default null,
    p_after_id uuid default null
)
    returns setof public.booking_details
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select details.*
    from private.list_bookings(private.my_booking_ids(p_from, p_limit, p_after_start_at, p_after_id)) details;
end;

comment on function public.my_bookings is
    'The bookings of the caller as a learner, and of learners whose guardian the caller is, from p_from on, in pages of at '
    'most 200. For the next page send start_at and id of the last row as p_after_start_at and p_after_id.';

create function public.instructor_day(
    p_instructor_id uuid,
    p_on date
)
    returns setof public.booking_details
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select details.*
    from private.list_bookings(private.instructor_day_ids(p_instructor_id, p_on)) details;
end;

comment on function public.instructor_day is
    'An instructor''s bookings on a date in the instructor''s time zone, for the instructor and the school''s admins.';

create function public.organization_bookings(
    p_org_id uuid,
    p_from timestamptz,
    p_to timestamptz,
    p_limit integer default 50,
    p_after_start_at timestamptz default null,
    p_after_id uuid default null
)
    returns setof public.booking_details
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select details.*
    from private.list_bookings(
        private.organization_booking_ids(p_org_id, p_from, p_to, p_limit, p_after_start_at, p_after_id)
    ) details;
end;

comment on function public.organization_bookings is
    'The bookings of an organization between two instants, for its admins, in pages of at most 200. For the next page send '
    'start_at and id of the last row as p_after_start_at and p_after_id.';

-- sql/67_booking_lists/90_access.sql
grant select on public.booking_details to authenticated;
grant execute on function private.list_bookings to authenticated;
grant execute on function private.my_booking_ids to authenticated;
grant execute on function private.instructor_day_ids to authenticated;
grant execute on function private.organization_booking_ids to authenticated;
grant execute on function public.my_bookings to authenticated;
grant execute on function public.instructor_day to authenticated;
grant execute on function public.organization_bookings to authenticated;

-- sql/68_connect/10_tables.sql
-- Connect: the Stripe accounts into which payees are paid.
--
-- stripe_connect_accounts   one live account for each payee: an instructor, or an organization that is paid itself
-- connect_account_details   what Stripe says about an account that only admins may see
--
-- The webhook service calls open_connect_account and record_connect_account (20_onboard), open_dashboard_link and
-- open_account_sync (40_dashboard) for a person whose token it has verified. 85_webhooks hands in Stripe's events through
-- apply_account, apply_capability and apply_deauthorization (30_account_events). Payouts (72_payouts) go only to accounts whose
-- status is ready.
create type public.connect_status as enum (
    'not_started', 'incomplete', 'under_review', 'paused', 'ready', 'disconnected'
);

create table public.stripe_connect_accounts (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    instructor_id uuid,
    stripe_account_id text unique,
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
    constraint service_agreement_is_known check (service_agreement in ('full', 'recipient')),
    constraint account_id_is_stripes check (stripe_account_id ~ '^acct_'),
    constraint a_started_account_exists_at_stripe check (status = 'not_started' or stripe_account_id is not null),
    constraint ready_means_that_money_can_arrive check (status <> 'ready' or (transfers_enabled and payouts_enabled))
);

create unique index one_live_account_a_payee
    on public.stripe_connect_accounts (org_id, (coalesce(instructor_id, org_id)))
    where retired_at is null;
create index on public.stripe_connect_accounts (org_id, instructor_id);
create index on public.stripe_connect_accounts (instructor_id);

comment on table public.stripe_connect_accounts is
    'The Stripe account of a payee: the instructor, or the organization if instructor_id is null.';
comment on column public.stripe_connect_accounts.country is
    'Fixed, like service_agreement, once Stripe has created the account.';
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

create type private.payee as (org_id uuid, instructor_id uuid);
comment on type private.payee is 'Who is paid: an instructor, or the organization if instructor_id is null.';

alter table public.stripe_connect_accounts enable row level security;
alter table public.connect_account_details enable row level security;

create trigger touch_updated_at
    before update on public.stripe_connect_accounts
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.connect_account_details
    for each row execute function private.touch_updated_at();

select private.audit_table('public.stripe_connect_accounts', 'id');

select private.audit_table('public.connect_account_details', 'connect_account_id', '{requirements,business_profile}');

-- sql/68_connect/20_onboard.sql
-- Opens the Stripe account of a payee, and returns what the webhook service needs to create or fetch it, for the instructor or an
-- admin of an organization that is paid itself. A repeated call returns the same account and key. Until Stripe has created the
-- account, another country (and so another service agreement) may be chosen, which changes the key.
-- Definer: the service has no access to the tables.
create function private.open_connect_account(
    p_user_id uuid,
    p_instructor_id uuid,
    p_org_id uuid,
    p_country text,
    p_platform_country text
)
    returns table (
        connect_account_id uuid,
        stripe_account_id text,
        idempotency_key text,
        country text,
        service_agreement text,
        email text,
        metadata jsonb
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payee private.payee := private.require_payee(p_user_id, p_instructor_id, p_org_id);
begin
    perform set_config('lplate.acting_user', p_user_id::text, true);

    insert into public.stripe_connect_accounts as known (org_id, instructor_id, country, service_agreement)
    values (
        payee.org_id,
        payee.instructor_id,
        upper(p_country),
        case when upper(p_country) <> upper(p_platform_country) then 'recipient' else 'full' end
    )
    on conflict (org_id, (coalesce(instructor_id, org_id))) where retired_at is null do update
        set country = excluded.country,
            service_agreement = excluded.service_agreement
        where known.stripe_account_id is null
            and known.country <> excluded.country;

    return query
    select
        account.id,
        account.stripe_account_id,
        format('connect_account:%s:%s', account.id, account.country),
        account.country,
        account.service_agreement,
        profile.email,
        jsonb_build_object('connect_account_id', account.id, 'org_id', account.org_id)
    from public.profiles profile
    join public.stripe_connect_accounts account
        on account.org_id = payee.org_id
        and coalesce(account.instructor_id, account.org_id) = coalesce(payee.instructor_id, payee.org_id)
        and account.retired_at is null
    where profile.id = p_user_id;
exception
    when check_violation then
        perform private.refuse_violation('country_is_an_iso_code');
end;
$$;

-- Returns the payee for whom a person may act: themselves as an instructor, or an organization that they own or administer.
create function private.require_payee(p_user_id uuid, p_instructor_id uuid, p_org_id uuid)
    returns private.payee
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payee private.payee;
begin
    if p_org_id is not null and p_instructor_id is null then
        select member.org_id, null into payee
        from public.organization_members member
        where member.org_id = p_org_id
            and member.user_id = p_user_id
            and member.role in ('owner', 'admin')
        limit 1;
    else
        select instructor.org_id, instructor.id into payee
        from public.instructors instructor
        where instructor.user_id = p_user_id
            and instructor.id = coalesce(p_instructor_id, instructor.id)
            and instructor.org_id = coalesce(
                p_org_id,
                case when p_instructor_id is null then private.marketplace_id() end,
                instructor.org_id
            );
    end if;

    if payee.org_id is null then
        perform private.refuse(
            'PT404', 'not_an_instructor',
            'You are not this instructor, nor do you administer this organization.',
            'Call become_instructor first, or send neither id to act for yourself.'
        );
    end if;
    return payee;
end;
$$;

-- Records Stripe's response to creating an account, dated at its creation, or to fetching it (p_is_fetched), dated now. The
-- webhook service and the jobs call it.
-- Definer: the service has no access to the tables.
create function private.record_connect_account(p_connect_account_id uuid, p_account jsonb, p_is_fetched boolean)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    outcome private.stripe_outcome;
begin
    if private.uuid_or_null(p_account -> 'metadata' ->> 'connect_account_id') is distinct from p_connect_account_id then
        perform private.refuse(
            'PT422', 'wrong_account',
            'That Stripe account belongs to another payee.',
            'Record the account that was created with this row''s metadata.'
        );
    end if;
    outcome := private.apply_account(
        p_account,
        case
            when p_is_fetched then date_trunc('second', private.clock())
            else to_timestamp((p_account ->> 'created')::bigint)
        end
    );
    if outcome.status = 'parked' then
        perform private.refuse(
            'PT409', 'another_account_is_known',
            'This payee already has another Stripe account.',
            'Repeat the request to get the account that is recorded.'
        );
    end if;
end;
$$;

-- sql/68_connect/30_account_events.sql
-- Applies a connected account from a Stripe event or response. The latest event counts, so a stale event never makes a ready account
-- unready. Of different statuses of one second the furthest along counts, until a fetch has settled which was the last.
create function private.apply_account(p_account jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.connect_status := private.connect_status_of(p_account);
    account public.stripe_connect_accounts;
begin
    select * into account
    from public.stripe_connect_accounts
    where stripe_account_id = p_account ->> 'id'
        or (
            stripe_account_id is null
            and id = private.uuid_or_null(p_account -> 'metadata' ->> 'connect_account_id')
        )
    for no key update;

    if not found and not private.bears_our_metadata(p_account) then
        return row('ignored', 'not_ours')::private.stripe_outcome;
    elsif not found then
        return row('parked', 'unknown_account')::private.stripe_outcome;
    end if;
    if p_occurred_at = account.last_event_at and new_status <> account.status then
        perform private.fetch_account(account, format('sync_account:%s:%s', account.id, extract(epoch from private.clock())));
    end if;
    if (p_occurred_at, new_status) <= (account.last_event_at, account.status) then
        return row('processed', 'late')::private.stripe_outcome;
    end if;

    update public.stripe_connect_accounts
    set stripe_account_id = p_account ->> 'id',
        account_type = coalesce(p_account ->> 'type', account_type),
        status = new_status,
        status_reason = private.connect_status_reason(p_account, new_status),
        charges_enabled = (p_account -> 'charges_enabled')::boolean,
        payouts_enabled = (p_account -> 'payouts_enabled')::boolean,
        details_submitted = (p_account -> 'details_submitted')::boolean,
        transfers_enabled = coalesce(p_account #>> '{capabilities,transfers}' = 'active', false),
        country = p_account ->> 'country',
        default_currency = p_account ->> 'default_currency',
        business_type = p_account ->> 'business_type',
        last_event_at = p_occurred_at
    where org_id = account.org_id
        and id = account.id;

    insert into public.connect_account_details (
        connect_account_id, org_id, disabled_reason, requirements, business_profile
    )
    values (
        account.id,
        account.org_id,
        p_account #>> '{requirements,disabled_reason}',
        p_account -> 'requirements',
        p_account -> 'business_profile'
    )
    on conflict (connect_account_id) do update
        set disabled_reason = excluded.disabled_reason,
            requirements = excluded.requirements,
            business_profile = excluded.business_profile;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Maps a Stripe account to its status here. ready means that transfers may arrive and that Stripe pays them out to a bank.
create function private.connect_status_of(p_account jsonb)
    returns public.connect_status
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when not (p_account -> 'details_submitted')::boolean then 'incomplete'
        when p_account #>> '{requirements,disabled_reason}' ~ '^(rejected|platform_paused|listed)' then 'paused'
        when p_account #>> '{capabilities,transfers}' = 'active' and (p_account -> 'payouts_enabled')::boolean then 'ready'
        when jsonb_array_length(coalesce(p_account #> '{requirements,currently_due}', '[]')) > 0 then 'incomplete'
        else 'under_review'
    end::public.connect_status;
$$;

-- Why an account is not ready, as a code that the payee may see. It does not reveal Stripe's suspicions; those are for admins.
create function private.connect_status_reason(p_account jsonb, p_status public.connect_status)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case p_status
        when 'incomplete' then case
            when (p_account -> 'details_submitted')::boolean then 'more_information_needed'
            else 'onboarding_not_finished'
        end
        when 'under_review' then 'being_reviewed'
        when 'paused' then 'contact_support'
        when 'disconnected' then 'disconnected_by_owner'
    end;
$$;

-- Queues a fetch of the account whose capability changed, because the event holds only the capability.
create function private.apply_capability(p_event_id text, p_account_id text)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    account public.stripe_connect_accounts;
begin
    select * into account from public.stripe_connect_accounts where stripe_account_id = p_account_id;
    if not found then
        return row('parked', 'unknown_account')::private.stripe_outcome;
    end if;

    perform private.fetch_account(account, format('sync_account:%s', p_event_id));
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Queues a look at an account as it is now, under this key.
create function private.fetch_account(p_account public.stripe_connect_accounts, p_idempotency_key text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.enqueue_command(
        p_account.org_id, 'sync_account', p_idempotency_key,
        jsonb_build_object('connect_account_id', p_account.id, 'stripe_account_id', p_account.stripe_account_id),
        format('connect_account:%s', p_account.id)
    );
$$;

-- Marks an account as disconnected when its owner has revoked the platform's access, and alerts the payee: transfers would fail.
create function private.apply_deauthorization(p_account_id text, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    account public.stripe_connect_accounts;
begin
    update public.stripe_connect_accounts
    set status = 'disconnected',
        status_reason = 'disconnected_by_owner',
        charges_enabled = false,
        payouts_enabled = false,
        transfers_enabled = false,
        last_event_at = p_occurred_at
    where stripe_account_id = p_account_id
        and coalesce(p_occurred_at >= last_event_at, true)
    returning * into account;

    if found then
        perform private.raise_alert(
            account.org_id, account.instructor_id, 'account_disconnected',
            'The Stripe account was disconnected from the platform, so payouts wait. Connect an account again to be paid.',
            'stripe_connect_accounts', account.id, format('account:%s:disconnected', account.id)
        );
        return row('processed', null)::private.stripe_outcome;
    end if;
    return case
        when exists (select from public.stripe_connect_accounts known where known.stripe_account_id = p_account_id)
            then row('processed', 'late')::private.stripe_outcome
        else row('parked', 'unknown_account')::private.stripe_outcome
    end;
end;
$$;

-- sql/68_connect/40_dashboard.sql
-- Returns the Stripe account whose dashboard a payee may open. Definer: the service has no access to the tables.
create function private.open_dashboard_link(p_user_id uuid, p_instructor_id uuid, p_org_id uuid)
    returns table (stripe_account_id text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    account public.stripe_connect_accounts := private.require_connect_account(p_user_id, p_instructor_id, p_org_id);
begin
    if not account.details_submitted then
        perform private.refuse(
            'PT409', 'onboarding_not_finished',
            'The dashboard opens once onboarding is finished.',
            'Continue with POST /connect/onboarding-links.'
        );
    end if;
    return query select account.stripe_account_id;
end;
$$;

-- Returns the Stripe account that the webhook service is to fetch again because the payee asked for it, at most once a minute.
-- Definer: the service has no access to the tables.
create function private.open_account_sync(p_user_id uuid, p_instructor_id uuid, p_org_id uuid)
    returns table (connect_account_id uuid, stripe_account_id text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    account public.stripe_connect_accounts := private.require_connect_account(p_user_id, p_instructor_id, p_org_id);
begin
    if account.synced_at > private.clock() - interval '1 minute' then
        perform private.refuse(
            'PT429', 'too_soon',
            'This account was fetched a moment ago.',
            'Wait a minute. Changes at Stripe also arrive by themselves.'
        );
    end if;
    perform set_config('lplate.acting_user', p_user_id::text, true);

    return query
    update public.stripe_connect_accounts synced
    set synced_at = private.clock()
    where synced.org_id = account.org_id
        and synced.id = account.id
    returning synced.id, synced.stripe_account_id;
end;
$$;

-- Returns, locked, the live Stripe account of a payee for whom a person may act; refuses if there is none.
create function private.require_connect_account(p_user_id uuid, p_instructor_id uuid, p_org_id uuid)
    returns public.stripe_connect_accounts
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payee private.payee := private.require_payee(p_user_id, p_instructor_id, p_org_id);
    account public.stripe_connect_accounts;
begin
    select * into account
    from public.stripe_connect_accounts
    where org_id = payee.org_id
        and coalesce(instructor_id, org_id) = coalesce(payee.instructor_id, payee.org_id)
        and retired_at is null
        and stripe_account_id is not null
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'no_account',
            'There is no Stripe account yet.',
            'Start with POST /connect/onboarding-links.'
        );
    end if;
    return account;
end;
$$;

-- sql/68_connect/90_access.sql
create policy select_own_or_admin on public.stripe_connect_accounts
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_admin on public.connect_account_details
    for select
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

grant select on public.stripe_connect_accounts to authenticated, service_role;
grant select on public.connect_account_details to authenticated, service_role;

grant execute on function private.open_connect_account to webhook_service;
grant execute on function private.open_account_sync to webhook_service;
grant execute on function private.open_dashboard_link to webhook_service;
grant execute on function private.record_connect_account to webhook_service, jobs;

-- sql/70_earnings/10_tables.sql
-- Earnings: what instructors have earned and what was taken back, one signed row a cause. A row says when it can be paid
-- (available_at), where it stands (11_transitions.sql) and, later, which payout pays it.
-- * 20_accrue.sql adds a row when a booking ends, or when prepaid minutes expire.
-- * 30_adjust.sql adds the difference when a refund or a lost dispute changes what a booking earned.
-- * 40_freeze.sql and 41_report_problem.sql stop an earning while a dispute or a complaint is open.
-- * 50_payable.sql decides which earnings are payable, and moves them in the ledger from pending to payable.
-- * 60_write_off.sql makes up for a balance that stays negative, at the platform's cost.
-- Called by 82_effects when bookings, payments, refunds, disputes and credit entries change; by 72_payouts, whose runs pay
-- earnings; by jobs maintain; by learners who report a problem, and by the platform's admins who decide on it.
-- An earning is never edited once a payout holds it; a correction is another row.
create type public.earning_kind as enum (
    'lesson', 'cancellation', 'no_show', 'credit_expiry', 'refund', 'dispute', 'adjustment', 'write_off'
);
create type public.earning_status as enum ('pending', 'available', 'frozen', 'paid', 'closed');

create table public.earnings (
    id uuid not null unique default gen_random_uuid(),
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
    adopted_transfer_id uuid,
    currency text not null,
    amount_cents bigint not null,
    available_at timestamptz not null,
    status public.earning_status not null default 'pending',
    payout_id uuid,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    foreign key (org_id, refund_id) references public.refunds (org_id, id) on delete restrict,
    foreign key (org_id, dispute_id) references public.disputes (org_id, id) on delete restrict,
    foreign key (org_id, credit_entry_id) references public.credit_entries (org_id, id) on delete restrict,
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
create index on public.earnings (org_id, adopted_transfer_id);
create index on public.earnings (instructor_id, created_at);
create index on public.earnings (payout_id);

comment on table public.earnings is 'What an instructor earned (positive) or gave back (negative): one row for each cause.';
comment on column public.earnings.available_at is
    'Not payable before: the end of the lesson plus the organization''s payout hold, or when Stripe makes the money available if that is later.';
comment on column public.earnings.payout_id is 'The payout that pays it. From then on its amount never changes.';
comment on column public.earnings.reversed_payout_id is 'Of an adjustment: the payout whose transfer was reversed.';
comment on column public.earnings.adopted_transfer_id is
    'Of an adjustment: the transfer that an admin booked as paid in advance, or what was reversed of it later.';

create table public.problem_reports (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    booking_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    reported_by uuid references public.profiles (id) on delete set null,
    description text not null,
    resolution text,
    resolved_at timestamptz,
    awaits_refund boolean not null default false,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint description_is_short check (length(description) between 3 and 5000),
    constraint a_resolved_report_says_how check ((resolved_at is null) = (resolution is null)),
    constraint only_a_resolved_report_awaits_a_refund check (not awaits_refund or resolved_at is not null)
);

create unique index one_open_report_a_booking on public.problem_reports (booking_id) where resolved_at is null;
create index on public.problem_reports (org_id, booking_id);
create index on public.problem_reports (org_id, learner_id);
create index on public.problem_reports (org_id, instructor_id);
create index on public.problem_reports (reported_by);
create index on public.problem_reports (learner_id);

comment on column public.problem_reports.awaits_refund is
    'The admin has decided for a refund that is not made yet; the earning stays frozen until it is.';
comment on table public.problem_reports is
    'A learner''s complaint about a lesson, made before it is paid out: it freezes the earning until a platform admin decides.';

alter table public.earnings enable row level security;
alter table public.problem_reports enable row level security;

create trigger enforce_status_transition
    before insert or update of status on public.earnings
    for each row execute function private.enforce_status_transition('earning');

create trigger touch_updated_at
    before update on public.earnings
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.problem_reports
    for each row execute function private.touch_updated_at();

select private.audit_table('public.problem_reports', 'id', '{description,resolution}');
select private.audit_table('public.earnings', 'id');

-- sql/70_earnings/11_transitions.sql
-- How an earning moves. It counts for the payee from "available" on: that is when the ledger turns what is pending into what is
-- payable. Earnings of a payee that sum to exactly zero are closed on payday: nothing is paid for them. Nothing is frozen
-- without an open cause (has_freezing_cause).
--
-- earning:
--   · → pending: accrue_earning, accrue_expiry, net_booking (user, service, job, studio)
--   · → frozen: accrue_earning (user, service, job, studio)
--   · → available: post_payout_reversal, correct_payout_amount, post_adopted_transfer, admin_write_off_balance
--       (user, service, job, studio)
--   pending → available: make_earnings_available (service, job)
--   pending → frozen: report_problem, refreeze_earnings (user, service, job, studio)
--   frozen → pending: refreeze_earnings (user, service, job, studio)
--   available → paid: mark_payout_paid (service, job)
--   available → closed: create_payouts (service, job)
insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('earning', 'new', 'pending', '{user,service,job,studio}'),
    ('earning', 'new', 'frozen', '{user,service,job,studio}'),
    ('earning', 'new', 'available', '{user,service,job,studio}'),
    ('earning', 'pending', 'available', '{service,job}'),
    ('earning', 'pending', 'frozen', '{user,service,job,studio}'),
    ('earning', 'frozen', 'pending', '{user,service,job,studio}'),
    ('earning', 'available', 'paid', '{service,job}'),
    ('earning', 'available', 'closed', '{service,job}');

-- sql/70_earnings/20_accrue.sql
-- Credits the instructor with the kept share of a booking that ended: a lesson that was given, a learner's no-show or a late
-- cancellation. The earning starts frozen while a payment of the booking is disputed. The caller holds the payments' locks.
-- 82_effects calls it.
create function private.accrue_earning(p_booking public.bookings)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, booking_id, payment_id, currency, amount_cents, available_at, status
    )
    select
        p_booking.org_id,
        p_booking.instructor_id,
        private.payee_id(p_booking.instructor_id),
        case p_booking.status
            when 'completed' then 'lesson'
            when 'no_show' then 'no_show'
            else 'cancellation'
        end::public.earning_kind,
        p_booking.id,
        funding.id,
        p_booking.currency,
        earned.cents,
        greatest(private.clock() + p_booking.payout_hold, funding.funds_available_at),
        case
            when funding.is_disputed
                or exists (
                    select
                    from public.payments paid
                    where paid.org_id = p_booking.org_id
                        and paid.booking_id = p_booking.id
                        and paid.is_disputed
                )
                then 'frozen'
            else 'pending'
        end::public.earning_status
    from (select private.earned_share_cents(p_booking) as cents) earned
    left join private.funding_payment(p_booking.id) funding on true
    where earned.cents > 0;
end;
$$;

-- The payee of an instructor's work: the instructor or the organization, as the instructor's details say; always the organization for
-- an instructor without a login, who cannot have a Stripe account.
create function private.payee_id(p_instructor_id uuid)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when details.payee = 'organization' or instructor.user_id is null then instructor.org_id
        else instructor.id
    end
    from public.instructors instructor
    join public.instructor_details details
        on details.org_id = instructor.org_id
        and details.instructor_id = instructor.id
    where instructor.id = p_instructor_id;
$$;

-- The payment whose money a booking's earning waits for: the latest of the booking itself or of the prepaid minutes that it used.
create function private.funding_payment(p_booking_id uuid)
    returns setof public.payments
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select payment.*
    from public.payments payment
    where payment.is_accepted
        and payment.status in ('authorized', 'succeeded')
        and (
            payment.booking_id = p_booking_id
            or payment.credit_id in (
                select entry.credit_id from public.credit_entries entry where entry.booking_id = p_booking_id
            )
        )
    order by payment.created_at desc, payment.id desc
    limit 1;
$$;

-- Credits the instructor with prepaid minutes that expired unused. 82_effects calls it.
create function private.accrue_expiry(p_entry public.credit_entries)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, credit_entry_id, payment_id, currency, amount_cents, available_at
    )
    select
        p_entry.org_id, p_entry.instructor_id, private.payee_id(p_entry.instructor_id), 'credit_expiry', p_entry.id, payment.id,
        payment.currency, p_entry.share_cents, greatest(private.clock() + organization.payout_hold, payment.funds_available_at)
    from public.payments payment
    join public.organizations organization on organization.id = payment.org_id
    where payment.org_id = p_entry.org_id
        and payment.credit_id = p_entry.credit_id
        and payment.is_accepted
        and p_entry.share_cents > 0;
end;
$$;

-- Moves a payment's earnings to when Stripe makes the charge's money available, which is known only after the charge.
-- 82_effects calls it.
create function private.delay_earnings(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.earnings
    set available_at = p_payment.funds_available_at
    where org_id = p_payment.org_id
        and payment_id = p_payment.id
        and status in ('pending', 'frozen')
        and amount_cents > 0
        and available_at < p_payment.funds_available_at;
end;
$$;

-- sql/70_earnings/30_adjust.sql
-- Adds the earning, mostly negative, by which a booking's earnings again sum to the instructor's remaining share: after a refund, after
-- a refund that failed, after a lost dispute, or after an authorization that was lost. It becomes payable when the booking's first
-- earning does, so that the two are paid out together. 82_effects calls it with the refund, the dispute or neither.
create function private.net_booking(p_payment_id uuid, p_refund_id uuid, p_dispute_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, booking_id, payment_id, refund_id, dispute_id, currency, amount_cents, available_at
    )
    select
        booking.org_id,
        booking.instructor_id,
        coalesce(first_earning.payee_id, private.payee_id(booking.instructor_id)),
        case
            when change.cents < 0 and p_refund_id is not null then 'refund'
            when change.cents < 0 and p_dispute_id is not null then 'dispute'
            else 'adjustment'
        end::public.earning_kind,
        booking.id,
        payment.id,
        p_refund_id,
        p_dispute_id,
        booking.currency,
        change.cents,
        coalesce(first_earning.available_at, private.clock())
    from public.payments payment
    join public.bookings booking on booking.org_id = payment.org_id and booking.id = payment.booking_id
    left join public.earnings first_earning
        on first_earning.org_id = booking.org_id
        and first_earning.booking_id = booking.id
        and first_earning.kind in ('lesson', 'cancellation', 'no_show')
    cross join lateral (
        select private.earned_share_cents(booking) - coalesce(sum(earning.amount_cents), 0) as cents
        from public.earnings earning
        where earning.org_id = booking.org_id
            and earning.booking_id = booking.id
    ) change
    where payment.id = p_payment_id
        and payment.is_accepted
        and booking.status in ('completed', 'no_show', 'cancelled')
        and not booking.is_rescheduled
        and change.cents <> 0;
end;
$$;

-- sql/70_earnings/40_freeze.sql
-- Freezes a booking's unpaid earnings, or those of prepaid minutes, while there is a cause, and unfreezes them once there is none. Called
-- when a cause begins or ends: by 82_effects for disputes and refunds, and by 41_report_problem.sql.
create function private.refreeze_earnings(p_org_id uuid, p_booking_id uuid, p_payment_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.earnings earning
    set status = case when cause.is_open then 'frozen' else 'pending' end::public.earning_status
    from (
        select unpaid.id, private.has_freezing_cause(unpaid) as is_open
        from public.earnings unpaid
        where unpaid.org_id = p_org_id
            and (unpaid.booking_id = p_booking_id or unpaid.payment_id = p_payment_id)
            and unpaid.status in ('pending', 'frozen')
    ) cause
    where earning.id = cause.id
        and (earning.status = 'frozen') <> cause.is_open;
end;
$$;

-- Whether an earning has to wait: its lesson has a problem report that is open or awaits a refund, or the money that it comes from is
-- disputed.
create function private.has_freezing_cause(p_earning public.earnings)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from public.problem_reports report
        where report.org_id = p_earning.org_id
            and report.booking_id = p_earning.booking_id
            and (report.resolved_at is null or report.awaits_refund)
    ) or exists (
        select
        from public.payments payment
        where payment.org_id = p_earning.org_id
            and payment.is_disputed
            and (payment.id = p_earning.payment_id or payment.booking_id = p_earning.booking_id)
    );
end;
$$;

-- sql/70_earnings/41_report_problem.sql
-- Freezes the earning of a lesson of which the learner, or a guardian, says that something was wrong. Possible until the hold
-- before payout has passed; a platform admin then decides with admin_resolve_problem.
-- Definer: no role may write earnings.
create function private.report_problem(p_booking_id uuid, p_description text)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    booking public.bookings;
    new_report_id uuid;
    broken_rule text;
    missing_column text;
begin
    select * into booking
    from public.bookings
    where id = p_booking_id
        and learner_id = any (private.my_family_ids());
    if not found then
        perform private.refuse(
            'PT404', 'booking_not_found',
            'You have no such booking.',
            'Check the booking''s id.'
        );
    end if;

    update public.earnings
    set status = 'frozen'
    where org_id = booking.org_id
        and booking_id = booking.id
        and kind = 'lesson'
        and status = 'pending';
    if not found then
        perform private.refuse(
            'PT409', 'nothing_to_freeze',
            'A problem can be reported once the lesson is over, and until its earning is due for payout.',
            'Ask for a refund instead.'
        );
    end if;

    insert into public.problem_reports (org_id, booking_id, learner_id, instructor_id, reported_by, description)
    values (booking.org_id, booking.id, booking.learner_id, booking.instructor_id, person, p_description)
    returning id into new_report_id;
    return new_report_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Closes a problem report with a platform admin's decision: the earning is pending again, or stays frozen until a part of the lesson is
-- refunded. A report that awaits a refund can be decided again.
-- Definer: no role may write earnings.
create function private.admin_resolve_problem(p_problem_report_id uuid, p_unfreezes_earning boolean, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    report public.problem_reports;
begin
    perform private.require_platform_admin(p_reason);

    update public.problem_reports
    set resolution = p_reason,
        resolved_at = private.clock(),
        awaits_refund = not coalesce(p_unfreezes_earning, false)
    where id = p_problem_report_id
        and (resolved_at is null or awaits_refund)
    returning * into report;
    if not found then
        perform private.refuse(
            'PT404', 'problem_not_found',
            'There is no open problem report with that id.',
            'Reload the list of problem reports.'
        );
    end if;
    perform private.refreeze_earnings(report.org_id, report.booking_id, null);
end;
$$;

-- A refund of a lesson's payment is what its resolved problem reports waited for. 82_effects calls it.
create function private.end_wait_for_refund(p_refund public.refunds)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    report record;
begin
    for report in
        update public.problem_reports waiting
        set awaits_refund = false
        from public.payments payment
        where payment.org_id = p_refund.org_id
            and payment.id = p_refund.payment_id
            and waiting.org_id = payment.org_id
            and waiting.booking_id = payment.booking_id
            and waiting.awaits_refund
        returning waiting.org_id, waiting.booking_id
    loop
        perform private.refreeze_earnings(report.org_id, report.booking_id, null);
    end loop;
end;
$$;

-- sql/70_earnings/50_payable.sql
-- Moves every payable earning from pending to available, posts that to the ledger (instructor_pending to payee_payable), and
-- returns how many were moved. Called by jobs maintain for every organization (null), and by open_payout_run for one.
create function private.make_earnings_available(p_org_id uuid, p_cutoff_at timestamptz)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    postings private.keyed_posting[];
begin
    with freed as (
        update public.earnings earning
        set status = 'available'
        where earning.id = any (
            array(
                select waiting.id
                from public.earnings waiting
                where waiting.status = 'pending'
                    and waiting.id in (select payable.id from private.payable_earnings(p_org_id, p_cutoff_at) payable)
                order by waiting.id
                for no key update
            )
        )
        returning earning.org_id, earning.id, earning.instructor_id, earning.payee_id, earning.currency, earning.amount_cents
    )

    select array_agg(
        row(
            freed.org_id, freed.id, format('earning:%s:available', freed.id), freed.currency,
            line.account_kind, line.owner_id, line.amount_cents
        )::private.keyed_posting
    )
    into postings
    from freed
    cross join lateral (
        values
            ('instructor_pending'::private.ledger_account_kind, freed.instructor_id, freed.amount_cents),
            ('payee_payable', freed.payee_id, -freed.amount_cents)
    ) line (account_kind, owner_id, amount_cents);

    return private.post_batch('earning_available', 'earning', p_cutoff_at, postings);
end;
$$;

-- When an earning is payable. By the cutoff its hold has passed (available_at) and Stripe has made the payment's money
-- available, unless there is none; no payment of the booking is disputed; it is neither frozen nor in a payout. A negative earning also waits while
-- another earning of its booking is frozen, so that a refund is deducted from the lesson refunded and from no other.
-- Pending and available ones alike: previews ask before make_earnings_available has run. Null means every organization.
create function private.payable_earnings(p_org_id uuid, p_cutoff_at timestamptz)
    returns setof public.earnings
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select earning.*
    from public.earnings earning
    left join public.payments payment on payment.org_id = earning.org_id and payment.id = earning.payment_id
    where earning.status in ('pending', 'available')
        and earning.payout_id is null
        and earning.available_at <= p_cutoff_at
        and payment.is_disputed is not true
        and not exists (
            select
            from public.payments paid
            where paid.org_id = earning.org_id
                and paid.booking_id = earning.booking_id
                and paid.is_disputed
        )
        and (payment.id is null or payment.status = 'cancelled' or payment.funds_available_at <= p_cutoff_at)
        and (
            earning.amount_cents > 0
            or not exists (
                select
                from public.earnings frozen
                where frozen.org_id = earning.org_id
                    and frozen.booking_id = earning.booking_id
                    and frozen.status = 'frozen'
            )
        )
        and (p_org_id is null or earning.org_id = p_org_id);
$$;

-- sql/70_earnings/60_write_off.sql
-- Writes off what a payee owes the platform and will not earn any more: the negative balance becomes zero, at the platform's cost;
-- platform admins only. The earning that makes up for it belongs to the instructor who owes the most.
-- Definer: no role may write earnings.
create function private.admin_write_off_balance(p_payee_id uuid, p_currency text, p_reason text)
    returns bigint
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    owed record;
    written_off public.earnings;
begin
    perform private.require_platform_admin(p_reason);
    perform
    from public.earnings earning
    where earning.payee_id = p_payee_id
        and earning.currency = p_currency
        and earning.status = 'available'
        and earning.payout_id is null
    order by earning.id
    for no key update;

    select
        part.org_id,
        -sum(part.cents)::bigint as cents,
        (array_agg(part.instructor_id order by part.cents, part.instructor_id))[1] as instructor_id
    into owed
    from (
        select earning.org_id, earning.instructor_id, sum(earning.amount_cents) as cents
        from public.earnings earning
        where earning.payee_id = p_payee_id
            and earning.currency = p_currency
            and earning.status = 'available'
            and earning.payout_id is null
        group by earning.org_id, earning.instructor_id
    ) part
    group by part.org_id
    having sum(part.cents) < 0;
    if not found then
        perform private.refuse(
            'PT409', 'balance_not_negative',
            'This payee owes nothing in that currency.',
            'Check the payee''s id and the currency; what is still pending becomes available first.'
        );
    end if;

    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, currency, amount_cents, available_at, status
    )
    values (
        owed.org_id, owed.instructor_id, p_payee_id, 'write_off', p_currency, owed.cents, private.clock(), 'available'
    )
    returning * into written_off;
    perform private.post_transaction(
        written_off.org_id, 'balance_written_off', 'earning', written_off.id, format('earning:%s:written_off', written_off.id),
        p_currency, private.clock(),
        array[
            row('write_offs', null, written_off.amount_cents),
            row('payee_payable', p_payee_id, -written_off.amount_cents)
        ]::private.posting[]
    );
    return written_off.amount_cents;
end;
$$;

-- sql/70_earnings/80_api.sql
create view public.instructor_balances
    with (security_invoker = true)
as
select
    earning.org_id,
    earning.instructor_id,
    earning.currency,
    coalesce(sum(earning.amount_cents) filter (where earning.reversed_payout_id is null), 0)::bigint as total_cents,
    coalesce(sum(earning.amount_cents) filter (where earning.status in ('pending', 'frozen')), 0)::bigint as pending_cents,
    coalesce(
        sum(earning.amount_cents) filter (where earning.status = 'available' and earning.payout_id is null), 0
    )::bigint as available_cents,
    coalesce(
        sum(earning.amount_cents) filter (where earning.status = 'available' and earning.payout_id is not null), 0
    )::bigint as in_transit_cents,
    (
        coalesce(sum(earning.amount_cents) filter (where earning.status in ('paid', 'closed')), 0)
        - coalesce(sum(earning.amount_cents) filter (where earning.reversed_payout_id is not null), 0)
    )::bigint as paid_cents
from public.earnings earning
group by earning.org_id, earning.instructor_id, earning.currency;

comment on view public.instructor_balances is
    'What each instructor earned, by currency, in its minor unit: total = pending (within the hold, or frozen) + available (due on the next '
    'payday) + in transit (in a payout that is not paid yet) + paid, or closed because a payee''s earnings summed to zero. What was reversed '
    'counts as available, not as paid.';

create function public.my_balance()
    returns setof public.instructor_balances
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select balance.*
    from public.instructor_balances balance
    where balance.instructor_id = any ((select private.my_instructor_ids())::uuid[]);
end;

comment on function public.my_balance is
    'What the caller earned as an instructor: the rows of instructor_balances, one for each organization and currency.';

create function public.report_problem(p_booking_id uuid, p_description text)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.report_problem(p_booking_id, p_description);

comment on function public.report_problem is
    'Reports that something was wrong with a lesson, before it is paid out: its earning is frozen until a platform admin decides. For the '
    'learner and guardians. Returns the report''s id. Errors: sign_in_required, booking_not_found, nothing_to_freeze, value_missing, and the rules '
    'of public.problem_reports.';

create function public.admin_resolve_problem(p_problem_report_id uuid, p_unfreezes_earning boolean, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_resolve_problem(p_problem_report_id, p_unfreezes_earning, p_reason);

comment on function public.admin_resolve_problem is
    'Decides a reported problem: with true the earning is pending again, with false it stays frozen until a refund of the lesson is made, '
    'and can be decided again; platform admins only. '
    'Errors: not_an_admin, reason_required, problem_not_found.';

create function public.admin_write_off_balance(p_payee_id uuid, p_currency text, p_reason text)
    returns bigint
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_write_off_balance(p_payee_id, p_currency, p_reason);

comment on function public.admin_write_off_balance is
    'Writes off what a payee (an instructor, or an organization) owes the platform, at the platform''s cost; returns the amount in the minor '
    'unit. Platform admins only. Errors: not_an_admin, reason_required, balance_not_negative.';

-- sql/70_earnings/90_access.sql
create policy select_own_or_admin on public.earnings
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_family_or_admin on public.problem_reports
    for select
    to authenticated
    using (
        learner_id = any ((select private.my_family_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.problem_reports to authenticated, service_role;
grant select on public.earnings to authenticated, service_role;
grant select on public.instructor_balances to authenticated;
-- NOTE: no write is granted to anybody; money moves only through functions.

grant execute on function private.report_problem to authenticated;
grant execute on function public.report_problem to authenticated;
grant execute on function private.admin_resolve_problem to authenticated;
grant execute on function public.admin_resolve_problem to authenticated;
grant execute on function public.my_balance to authenticated;
grant execute on function private.admin_write_off_balance to authenticated;
grant execute on function public.admin_write_off_balance to authenticated;

-- sql/72_payouts/10_tables.sql
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
--   (52_adopt.sql); payees read statements and set how
--   they are paid (60_statements.sql, 61_settings.sql).
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
    stripe_transfer_id text unique,
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

create index on public.payouts (org_id, instructor_id);
create index on public.payouts (org_id, run_id);
create index on public.payouts (org_id, connect_account_id);
create index on public.payouts (instructor_id, payout_date);
create index on public.payouts (run_id, last_tried_at nulls first, id) where status in ('pending', 'failed', 'unknown');
create index on public.payouts (run_id, leased_until) where status = 'sending';
create index on public.payouts (run_id, status);

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
);

create index on public.payout_items (org_id, earning_id);
create index on public.payout_items (org_id, instructor_id);
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

create index on public.payout_run_results (org_id, instructor_id);
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
    primary key (org_id, id),
    foreign key (org_id, connect_account_id) references public.stripe_connect_accounts (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint currency_is_lower_case_iso check (currency ~ '^[a-z]{3}$'),
    constraint payout_id_is_stripes check (stripe_payout_id ~ '^po_')
);

create index on public.bank_payouts (org_id, connect_account_id);
create index on public.bank_payouts (org_id, instructor_id);
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
    stripe_transfer_id text not null unique,
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

-- sql/72_payouts/11_transitions.sql
-- How a payout moves. Stripe is asked for a transfer only while a payout is "sending", and what was never answered is "unknown" until
-- it has been looked up: so nothing is sent twice. A payout becomes pending again before it is sent again, held or cancelled.
--
-- payout:
--   · → pending: open_payout_run (job)
--   pending → sending: claim_payout, apply_transfer (job, service)
--   pending → held: admin_hold_payout, claim_payout, record_transfer_failure (user, job, service, studio)
--   pending, failed → cancelled: admin_cancel_payout, admin_adopt_transfer, claim_payout (user, job, studio)
--   held → cancelled: admin_cancel_payout, admin_adopt_transfer, cancel_undisputed_payouts (user, job, service, studio)
--   sending → paid: record_transfer, apply_transfer (job, service)
--   sending → pending, failed, unknown: record_transfer_failure (job, service)
--   unknown → paid: record_transfer, apply_transfer (job, service)
--   unknown → pending: claim_payout, admin_adopt_transfer (user, job, service, studio)
--   failed → pending: claim_payout, apply_transfer, admin_release_payout, admin_hold_payout (user, job, service, studio)
--   held → pending: admin_release_payout, apply_transfer (user, job, service, studio)
--   paid → reversed: record_transfer, apply_transfer (job, service)
insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('payout', 'new', 'pending', '{job}'),
    ('payout', 'pending', 'sending', '{job,service}'),
    ('payout', 'pending', 'held', '{user,job,service,studio}'),
    ('payout', 'pending', 'cancelled', '{user,job,studio}'),
    ('payout', 'failed', 'cancelled', '{user,job,studio}'),
    ('payout', 'held', 'cancelled', '{user,job,service,studio}'),
    ('payout', 'sending', 'paid', '{job,service}'),
    ('payout', 'sending', 'pending', '{job,service}'),
    ('payout', 'sending', 'failed', '{job,service}'),
    ('payout', 'sending', 'unknown', '{job,service}'),
    ('payout', 'unknown', 'paid', '{job,service}'),
    ('payout', 'unknown', 'pending', '{user,job,service,studio}'),
    ('payout', 'failed', 'pending', '{user,job,service,studio}'),
    ('payout', 'held', 'pending', '{user,job,service,studio}'),
    ('payout', 'paid', 'reversed', '{job,service}');

-- sql/72_payouts/20_paydays.sql
-- The runs that the payout job has to open or resume: unfinished ones, and for each schedule in use the latest payday of every
-- organization that owes something. "Today" is the date in the organization's time zone. With p_date, only that weekly payday.
-- The instant schedule is due again on the same day only if a payout would come of it.
-- Definer: the job has no access to the tables.
create function private.due_payout_runs(p_date date, p_org_id uuid)
    returns table (org_id uuid, org_name text, schedule public.payout_schedule, period_on date)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_payday('weekly', p_date, p_org_id);

    return query
    select organization.id, organization.name, payday.schedule, payday.period_on
    from public.organizations organization
    cross join lateral (
        select
            owed.schedule,
            coalesce(
                p_date,
                private.payday_of(
                    owed.schedule,
                    (private.clock() at time zone organization.time_zone)::date,
                    organization.payout_weekday
                )
            ) as period_on
        from (
            select coalesce(details.payout_schedule, 'weekly') as schedule
            from public.earnings earning
            left join public.instructor_details details on details.instructor_id = earning.payee_id
            where earning.org_id = organization.id
                and earning.payout_id is null
                and earning.status in ('pending', 'available')
            group by 1
        ) owed
        where p_date is null or owed.schedule = 'weekly'
        union
        select run.schedule, run.period_on
        from public.payout_runs run
        where run.org_id = organization.id
            and run.status = 'open'
            and run.period_on = coalesce(p_date, run.period_on)
    ) payday
    cross join lateral (
        select coalesce(bool_or(run.status = 'open'), false) as is_open, count(*) > 0 as is_made
        from public.payout_runs run
        where run.org_id = organization.id
            and run.schedule = payday.schedule
            and run.period_on = payday.period_on
    ) so_far
    where (p_org_id is null or organization.id = p_org_id)
        and (
            so_far.is_open
            or (
                payday.period_on <= (private.clock() at time zone organization.time_zone)::date
                and (p_date is null or extract(dow from p_date) = organization.payout_weekday)
                and (
                    not so_far.is_made
                    or (
                        payday.schedule = 'instant'
                        and private.has_payouts_due(
                            organization.id, payday.schedule, private.payout_cutoff(organization.id, payday.period_on)
                        )
                    )
                )
            )
        )
    order by payday.period_on, organization.name, organization.id, payday.schedule;
end;
$$;

-- Refuses a date on which no run of this schedule can be opened, or an organization that does not exist; null stands for today and
-- for every organization. A date that has a run already is accepted, so that the run can be resumed even after the organization
-- has changed its payout weekday.
create function private.assert_payday(p_schedule public.payout_schedule, p_date date, p_org_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_org_id is not null and not exists (
        select from public.organizations where id = p_org_id and not is_platform
    ) then
        perform private.refuse(
            'PT404', 'organization_not_found',
            'There is no organization with that id.',
            'Check the id, or omit it to pay the instructors of all organizations.'
        );
    end if;
    if p_date is null or exists (
        select
        from public.payout_runs run
        where run.period_on = p_date
            and (p_org_id is null or run.org_id = p_org_id)
    ) then
        return;
    end if;
    if p_date < private.clock()::date - 366 then
        perform private.refuse(
            'PT422', 'payday_too_old',
            format('%s is more than a year ago.', p_date),
            'Give a payday within the last twelve months.'
        );
    end if;
    if not exists (
        select
        from public.organizations organization
        where not organization.is_platform
            and (p_org_id is null or organization.id = p_org_id)
            and p_date <= (private.clock() at time zone organization.time_zone)::date
    ) then
        perform private.refuse(
            'PT422', 'payday_in_future',
            format('%s is in the future.', p_date),
            'Give a payday up to today, or omit the date to use the latest payday.'
        );
    end if;
    if not exists (
        select
        from public.organizations organization
        where not organization.is_platform
            and (p_org_id is null or organization.id = p_org_id)
            and p_date = private.payday_of(p_schedule, p_date, organization.payout_weekday)
    ) then
        perform private.refuse(
            'PT422', 'not_a_payday',
            format('%s is a %s, on which no organization pays.', p_date, trim(to_char(p_date, 'Day'))),
            'Give a date that falls on the organization''s payout weekday.'
        );
    end if;
end;
$$;

-- The latest payday of a schedule up to a date. Weekly: the organization's payout weekday; monthly: the first of the month;
-- daily and instant: the date itself.
create function private.payday_of(p_schedule public.payout_schedule, p_on date, p_payout_weekday smallint)
    returns date
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case p_schedule
        when 'weekly' then p_on - (extract(dow from p_on)::integer - p_payout_weekday + 7) % 7
        when 'monthly' then date_trunc('month', p_on::timestamp)::date
        else p_on
    end;
$$;

-- The cutoff of a run: now, but never later than the end of the payday in the organization's time zone, so that a run that comes
-- late pays what was due on its day.
create function private.payout_cutoff(p_org_id uuid, p_period_on date)
    returns timestamptz
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select least(private.clock(), (p_period_on + 1)::timestamp at time zone organization.time_zone)
    from public.organizations organization
    where organization.id = p_org_id;
$$;

-- sql/72_payouts/30_open_run.sql
-- Opens the run of a payday and creates all its payouts in one transaction, or returns the run that was opened before: starting
-- again resumes, and two jobs that start at once get the same run. Only the instant schedule opens several runs a day.
-- Custom plans, because a plan cached for one payment would be quadratic for a whole organization.
-- Definer: the job has no access to the tables.
create function private.open_payout_run(p_org_id uuid, p_schedule public.payout_schedule, p_period_on date)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_custom_plan
    set work_mem = '64MB'
as $$
declare
    latest public.payout_runs;
    run public.payout_runs;
begin
    select * into latest
    from public.payout_runs
    where org_id = p_org_id
        and schedule = p_schedule
        and period_on = p_period_on
    order by sequence desc
    limit 1;
    if latest.status = 'open' or (found and p_schedule <> 'instant') then
        return latest.id;
    end if;
    perform private.assert_payday(p_schedule, p_period_on, p_org_id);

    insert into public.payout_runs (org_id, schedule, period_on, sequence, cutoff_at, heartbeat_at)
    values (
        p_org_id, p_schedule, p_period_on, coalesce(latest.sequence, 0) + 1,
        private.payout_cutoff(p_org_id, p_period_on), private.clock()
    )
    on conflict (org_id, schedule, period_on, sequence) do nothing
    returning * into run;

    if run.id is null then
        return private.open_payout_run(p_org_id, p_schedule, p_period_on);
    end if;
    perform private.make_earnings_available(p_org_id, run.cutoff_at);
    perform private.create_payouts(run);
    return run.id;
end;
$$;

-- Turns the available earnings of a run into payouts, in one statement: payouts, their items, the earnings' payout_id, and a result
-- for every payee with a balance; earnings that sum to zero are closed. Then posts what is owed as in transit, and alerts payees
-- whose payout is held. Each decision carries the ids of its payout and its earnings, because joins on payee and currency mislead
-- the planner.
create function private.create_payouts(p_run public.payout_runs)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    postings private.keyed_posting[];
begin
    perform
    from public.earnings earning
    where earning.id = any (
        array(select payable.id from private.payable_earnings(p_run.org_id, p_run.cutoff_at) payable)
    )
    order by earning.id
    for no key update;

    with decision as materialized (
        select
            case
                when derived.id in (select adopted.payout_id from private.unbooked_transfers adopted where adopted.adopted_at is not null)
                    then private.another_payout_id(derived.id)
                else derived.id
            end as payout_id,
            decided.payee_id, decided.instructor_id, decided.connect_account_id,
            decided.currency, decided.amount_cents, decided.earning_ids, decided.outcome, decided.reason
        from private.decide_payouts(p_run.org_id, p_run.schedule, p_run.cutoff_at, '{available}') decided
        cross join lateral (
            select private.derive_payout_id(
                p_run.org_id, p_run.schedule, p_run.period_on, p_run.sequence, decided.payee_id, decided.currency
            ) as id
        ) derived
    ),

    created as (
        insert into public.payouts (
            id, org_id, run_id, payee_id, instructor_id, connect_account_id, currency, amount_cents, payout_date
        )
        select
            decision.payout_id, p_run.org_id, p_run.id, decision.payee_id, decision.instructor_id,
            decision.connect_account_id, decision.currency, decision.amount_cents, p_run.period_on
        from decision
        where decision.outcome = 'payout'
        returning id, payee_id, currency, amount_cents
    ),

    item as (
        insert into public.payout_items (payout_id, earning_id, org_id, instructor_id, amount_cents)
        select decision.payout_id, earning.id, p_run.org_id, earning.instructor_id, earning.amount_cents
        from decision
        cross join unnest(decision.earning_ids) picked (earning_id)
        join public.earnings earning on earning.id = picked.earning_id
        where decision.outcome = 'payout'
        returning payout_id, earning_id
    ),

    linked as (
        update public.earnings earning
        set payout_id = item.payout_id
        from item
        where earning.id = item.earning_id
    ),

    closed as (
        update public.earnings earning
        set status = 'closed'
        from decision
        cross join unnest(decision.earning_ids) netted (earning_id)
        where decision.reason = 'nothing_due'
            and earning.id = netted.earning_id
    ),

    result as (
        insert into public.payout_run_results (
            run_id, org_id, payee_id, instructor_id, currency, amount_cents, outcome, reason, payout_id
        )
        select
            p_run.id, p_run.org_id, decision.payee_id, decision.instructor_id, decision.currency,
            decision.amount_cents, decision.outcome, decision.reason,
            case decision.outcome when 'payout' then decision.payout_id end
        from decision
    )

    select array_agg(
        row(
            p_run.org_id, created.id, format('payout:%s:created', created.id), created.currency,
            line.account_kind, created.payee_id, line.amount_cents
        )::private.keyed_posting
    )
    into postings
    from created
    cross join lateral (
        values
            ('payee_payable'::private.ledger_account_kind, created.amount_cents),
            ('payout_in_transit', -created.amount_cents)
    ) line (account_kind, amount_cents);

    perform private.post_batch('payout_created', 'payout', p_run.cutoff_at, postings);

    perform private.raise_alert(
        result.org_id, result.instructor_id, 'payout_held',
        case result.reason
            when 'admin_hold' then 'Your payout is on hold while the platform looks into it.'
            else 'Your payout is on hold because Stripe has restricted your account. Open its Stripe dashboard, or contact support.'
        end,
        'payout_runs', result.run_id, format('payout_run:%s:held:%s:%s', result.run_id, result.payee_id, result.currency)
    )
    from public.payout_run_results result
    where result.org_id = p_run.org_id
        and result.run_id = p_run.id
        and result.outcome = 'held';
end;
$$;

-- The id of a payout: a hash (as a UUID of version 8) of what makes it the payout that it is, not of the database in which it stands. Its
-- transfer bears it at Stripe, so a database restored to before a payday recognizes what it has paid already.
create function private.derive_payout_id(
    p_org_id uuid,
    p_schedule public.payout_schedule,
    p_period_on date,
    p_sequence integer,
    p_payee_id uuid,
    p_currency text
)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.uuid_of(
        format(
            'payout:%s:%s:%s:%s:%s:%s',
            p_org_id, p_schedule, to_char(p_period_on, 'YYYY-MM-DD'), p_sequence, p_payee_id, p_currency
        )
    );
$$;

-- The id that a payout has instead of one under which a transfer was adopted as paid in advance: that transfer pays for no other payout.
create function private.another_payout_id(p_payout_id uuid)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    drawn_id uuid := p_payout_id;
begin
    while exists (
        select from private.unbooked_transfers adopted where adopted.payout_id = drawn_id and adopted.adopted_at is not null
    )
    loop
        drawn_id := private.uuid_of(format('payout:after:%s', drawn_id));
    end loop;
    return drawn_id;
end;
$$;

-- sql/72_payouts/31_decide.sql
-- Decides for every payee with a payable balance: a payout, skipped, or held, with the reason. A payout is held when somebody must
-- act: an admin holds the instructor, or Stripe has restricted the account. create_payouts passes {available}; the previews
-- pass {pending,available}, since they ask before make_earnings_available has run.
create function private.decide_payouts(
    p_org_id uuid,
    p_schedule public.payout_schedule,
    p_cutoff_at timestamptz,
    p_statuses public.earning_status[]
)
    returns table (
        payee_id uuid,
        instructor_id uuid,
        connect_account_id uuid,
        currency text,
        amount_cents bigint,
        earning_ids uuid[],
        outcome public.payout_outcome,
        reason text
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    with balance as (
        select
            payable.payee_id,
            nullif(payable.payee_id, p_org_id) as instructor_id,
            payable.currency,
            sum(payable.amount_cents)::bigint as amount_cents,
            array_agg(payable.id) as earning_ids
        from private.payable_earnings(p_org_id, p_cutoff_at) payable
        where payable.status = any (p_statuses)
        group by payable.payee_id, payable.currency
    ),

    decided as (
        select
            balance.*,
            account.id as connect_account_id,
            case
                when balance.amount_cents < 0 then 'negative_balance'
                when balance.amount_cents = 0 then 'nothing_due'
                when balance.amount_cents < coalesce(details.minimum_payout_cents, organization.minimum_payout_cents)
                    then 'below_minimum'
                when details.is_payout_held then 'admin_hold'
                when account.stripe_account_id is null then 'no_account'
                when account.status in ('paused', 'disconnected') then 'account_restricted'
                when account.status = 'incomplete' and account.details_submitted then 'account_restricted'
                when account.status <> 'ready' then 'account_not_ready'
            end as reason
        from balance
        join public.organizations organization on organization.id = p_org_id
        left join public.instructor_details details on details.instructor_id = balance.instructor_id
        left join public.stripe_connect_accounts account
            on account.org_id = p_org_id
            and coalesce(account.instructor_id, account.org_id) = balance.payee_id
            and account.retired_at is null
        where coalesce(details.payout_schedule, 'weekly') = p_schedule
    )

    select
        decided.payee_id,
        decided.instructor_id,
        decided.connect_account_id,
        decided.currency,
        decided.amount_cents,
        decided.earning_ids,
        case
            when decided.reason is null then 'payout'
            when decided.reason in ('admin_hold', 'account_restricted') then 'held'
            else 'skipped'
        end::public.payout_outcome,
        decided.reason
    from decided;
$$;

-- Would a run with this cutoff make at least one payout?
create function private.has_payouts_due(
    p_org_id uuid,
    p_schedule public.payout_schedule,
    p_cutoff_at timestamptz
)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from private.decide_payouts(p_org_id, p_schedule, p_cutoff_at, '{pending,available}') decision
        where decision.outcome = 'payout'
    );
$$;

-- What a run of this payday would decide if it were opened now, for `jobs payouts --dry-run`. Definer: the job has no access to the tables.
create function private.preview_payout_run(p_org_id uuid, p_schedule public.payout_schedule, p_period_on date)
    returns table (
        instructor_id uuid,
        display_name text,
        currency text,
        amount_cents bigint,
        outcome text,
        reason text
    )
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select
        decision.instructor_id,
        coalesce(instructor.display_name, organization.name),
        decision.currency,
        decision.amount_cents,
        decision.outcome::text,
        decision.reason
    from private.decide_payouts(
        p_org_id, p_schedule, private.payout_cutoff(p_org_id, p_period_on), '{pending,available}'
    ) decision
    join public.organizations organization on organization.id = p_org_id
    left join public.instructors instructor on instructor.id = decision.instructor_id
    order by 2, decision.currency;
$$;

-- sql/72_payouts/32_follow_run.sql
-- Decides whether a run may be sent now. p_available is the list of {"amount", "currency"} from Stripe's balance, or null if Stripe did
-- not answer. A run is sent only if the balance covers it in every currency, since sending a part would choose who has to wait, and
-- only if Stripe has made no transfer for the organization that the books lack, since the same might be paid again.
-- shortfalls lists what is missing, unbooked_transfers what the books lack. Definer: the job has no access to the tables.
create function private.decide_payout_run(p_run_id uuid, p_available jsonb)
    returns table (is_payable boolean, shortfalls jsonb, unbooked_transfers jsonb)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        p_available is not null and shortfall.list is null and unbooked.list is null,
        coalesce(shortfall.list, '[]'),
        coalesce(unbooked.list, '[]')
    from (
        select jsonb_agg(to_jsonb(missing) order by missing.currency) as list
        from private.payout_shortfalls(p_run_id, p_available) missing
        where p_available is not null
    ) shortfall
    cross join (
        select jsonb_agg(to_jsonb(made)) as list
        from public.payout_runs run
        cross join private.refusing_transfers(run.org_id) made
        where run.id = p_run_id
    ) unbooked;
end;
$$;

-- The currencies in which Stripe's balance does not cover a run, with what is missing; no row if it covers all of them.
create function private.payout_shortfalls(p_run_id uuid, p_available jsonb)
    returns table (currency text, needed_cents bigint, available_cents bigint, shortfall_cents bigint)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select needed.currency, needed.cents, covered.cents, needed.cents - covered.cents
    from (
        select payout.currency, sum(payout.amount_cents)::bigint as cents
        from public.payouts payout
        where payout.run_id = p_run_id
            and payout.status in ('pending', 'failed')
        group by payout.currency
    ) needed
    cross join lateral (
        select coalesce(sum(fund.amount), 0)::bigint as cents
        from jsonb_to_recordset(p_available) fund (amount bigint, currency text)
        where fund.currency = needed.currency
    ) covered
    where covered.cents < needed.cents
    order by needed.currency;
$$;

-- Counts the payouts of a run by what can happen to them now: claimable are those that claim_payout would give out, leased those
-- that another worker still holds. Definer: the job has no access to the tables.
create function private.payout_run_progress(p_run_id uuid, p_started_at timestamptz)
    returns table (total bigint, paid bigint, claimable bigint, leased bigint, failed bigint, held bigint)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select
        count(*),
        count(*) filter (where payout.status in ('paid', 'reversed')),
        count(*) filter (
            where (payout.status = 'sending' and payout.leased_until <= private.clock())
            or (
                payout.status in ('pending', 'failed', 'unknown')
                and coalesce(payout.last_tried_at < p_started_at, true)
            )
        ),
        count(*) filter (where payout.status = 'sending' and payout.leased_until > private.clock()),
        count(*) filter (where payout.status in ('failed', 'unknown')),
        count(*) filter (where payout.status = 'held')
    from public.payouts payout
    where payout.run_id = p_run_id;
$$;

-- Completes a run if nothing of it is left to send, and reports how it went. Held payouts do not keep a run open: releasing one reopens
-- it. is_settled: the run is completed and none of its payouts is held. Definer: the job has no access to the tables.
create function private.close_payout_run(p_run_id uuid)
    returns table (
        is_completed boolean,
        is_settled boolean,
        total bigint,
        paid bigint,
        held bigint,
        failed bigint,
        unknown bigint,
        amount_paid_cents bigint
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    update public.payout_runs
    set status = 'completed',
        completed_at = private.clock(),
        heartbeat_at = private.clock()
    where id = p_run_id
        and status = 'open'
        and not exists (
            select
            from public.payouts payout
            where payout.run_id = p_run_id
                and payout.status in ('pending', 'sending', 'failed', 'unknown')
        );

    return query
    select
        run.status = 'completed',
        run.status = 'completed'
            and count(payout.id) filter (where payout.status not in ('paid', 'reversed', 'cancelled')) = 0,
        count(payout.id),
        count(payout.id) filter (where payout.status in ('paid', 'reversed')),
        count(payout.id) filter (where payout.status = 'held'),
        count(payout.id) filter (where payout.status in ('pending', 'sending', 'failed')),
        count(payout.id) filter (where payout.status = 'unknown'),
        coalesce(sum(payout.amount_cents) filter (where payout.status in ('paid', 'reversed')), 0)::bigint
    from public.payout_runs run
    left join public.payouts payout on payout.org_id = run.org_id and payout.run_id = run.id
    where run.id = p_run_id
    group by run.org_id, run.id;
end;
$$;

-- sql/72_payouts/33_compare.sql
-- Compares what Stripe has transferred with the books, before a run sends anything. In health both are the same. A restored database
-- has forgotten transfers: those of payouts that it draws again are adopted, and of all others the run of their organization is
-- refused (decide_payout_run), until an admin has decided (52_adopt.sql). The job lists Stripe's transfers since
-- transfers_known_until, asks which of them are not booked, and has each of those booked in a transaction of its own.

-- From when on transfers have to be compared: the books know all that were made before the newest that they know, but for those of
-- unfinished attempts, and those that were found before and not booked. The hour is for clocks that differ. Null while nobody
-- could have been paid. Definer: the job has no access to the tables.
create function private.transfers_known_until()
    returns timestamptz
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select least(
        coalesce(
            (select max(payout.paid_at) from public.payouts payout where payout.status in ('paid', 'reversed')),
            (select min(account.created_at) from public.stripe_connect_accounts account)
        ),
        (
            select min(tried.started_at)
            from public.payouts payout
            join private.payout_attempts tried on tried.org_id = payout.org_id and tried.payout_id = payout.id
            where payout.status in ('sending', 'unknown')
        ),
        (select min(unbooked.transferred_at) from private.unbooked_transfers unbooked where unbooked.adopted_at is null)
    ) - interval '1 hour';
$$;

-- The ids of those of Stripe's transfers that bear a payout's id and are not booked as they are. What a worker is sending at this
-- moment is that worker's to record. Definer: the job has no access to the tables.
create function private.find_unbooked_transfers(p_transfers jsonb)
    returns table (stripe_transfer_id text)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select made.transfer ->> 'id'
    from jsonb_array_elements(p_transfers) made (transfer)
    cross join lateral (
        select
            made.transfer ->> 'id' as id,
            private.uuid_or_null(made.transfer -> 'metadata' ->> 'payout_id') as payout_id,
            (made.transfer ->> 'amount_reversed')::bigint as reversed_cents
    ) told
    left join public.payouts payout on payout.id = told.payout_id
    left join private.unbooked_transfers adopted on adopted.stripe_transfer_id = told.id and adopted.adopted_at is not null
    where told.payout_id is not null
        and (payout.stripe_transfer_id = told.id and payout.reversed_cents = told.reversed_cents) is not true
        and (adopted.reversed_cents = told.reversed_cents) is not true
        and (payout.status = 'sending' and payout.leased_until > private.clock()) is not true
    order by (made.transfer ->> 'created')::bigint, told.id;
$$;

-- Books a transfer that is not booked: the payout whose id it bears is paid by it. If that cannot be, the transfer is kept as one
-- that the books lack, and the note says why. Returns booked or unbooked. Definer: the job has no access to the tables.
create function private.book_transfer(p_transfer jsonb)
    returns table (outcome text, note text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    applied private.stripe_outcome := private.apply_transfer(p_transfer, to_timestamp((p_transfer ->> 'created')::bigint));
begin
    if applied.status = 'processed' then
        delete from private.unbooked_transfers unbooked
        where unbooked.stripe_transfer_id = p_transfer ->> 'id'
            and unbooked.adopted_at is null;
        return query values ('booked', null::text);
    else
        perform private.keep_unbooked_transfer(p_transfer, applied.note);
        return query values ('unbooked', applied.note);
    end if;
end;
$$;

-- Keeps a transfer that the books lack. Its payee is that of the payout whose id it bears, else the owner of the account that
-- was paid; its organization is the payee's, else the one that its metadata name, else the platform.
create function private.keep_unbooked_transfer(p_transfer jsonb, p_cause text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    insert into private.unbooked_transfers as unbooked (
        org_id, stripe_transfer_id, payout_id, payee_id, instructor_id, currency, amount_cents, reversed_cents, destination, cause,
        transferred_at
    )
    select
        coalesce(payee.org_id, organization.id, private.platform_id()),
        p_transfer ->> 'id',
        told.payout_id,
        coalesce(payee.instructor_id, payee.org_id),
        payee.instructor_id,
        p_transfer ->> 'currency',
        (p_transfer ->> 'amount')::bigint,
        (p_transfer ->> 'amount_reversed')::bigint,
        told.destination,
        p_cause,
        to_timestamp((p_transfer ->> 'created')::bigint)
    from (
        select
            private.uuid_or_null(p_transfer -> 'metadata' ->> 'payout_id') as payout_id,
            private.uuid_or_null(p_transfer -> 'metadata' ->> 'org_id') as org_id,
            private.expandable_id(p_transfer -> 'destination') as destination
    ) told
    left join public.organizations organization on organization.id = told.org_id
    left join lateral (
        select payout.org_id, payout.instructor_id
        from public.payouts payout
        where payout.id = told.payout_id
        union all
        select account.org_id, account.instructor_id
        from public.stripe_connect_accounts account
        where account.stripe_account_id = told.destination
        limit 1
    ) payee on true
    on conflict (stripe_transfer_id) do update
        set cause = excluded.cause,
            reversed_cents = excluded.reversed_cents
        where unbooked.adopted_at is null
            and (unbooked.cause, unbooked.reversed_cents) is distinct from (excluded.cause, excluded.reversed_cents);
$$;

-- The transfers because of which nothing of an organization may be sent: what they have paid might be paid again. One of a payout that
-- is paid is a second transfer, and one of a payout that is unknown stops that payout by itself.
create function private.refusing_transfers(p_org_id uuid)
    returns table (stripe_transfer_id text, amount_cents bigint, currency text, destination text, cause text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        unbooked.stripe_transfer_id, unbooked.amount_cents, unbooked.currency, unbooked.destination, unbooked.cause
    from private.unbooked_transfers unbooked
    left join public.payouts payout on payout.org_id = unbooked.org_id and payout.id = unbooked.payout_id
    where unbooked.org_id = p_org_id
        and unbooked.adopted_at is null
        and (payout.status in ('paid', 'reversed', 'sending', 'unknown')) is not true
    order by unbooked.transferred_at, unbooked.stripe_transfer_id;
$$;

-- sql/72_payouts/40_claim.sql
-- Gives a worker one payout of a run to send, and records the attempt, which must be committed before Stripe is called. An attempt
-- whose worker died or whose outcome is unknown is given out again under the same idempotency key, with must_look_up. Only after
-- Stripe has refused is there a new attempt with a new key; a payout that failed since p_started_at waits for the next invocation.
-- If the payee's account is no longer ready, or earnings in the payout are disputed by now, it is stopped instead. Sequential scans
-- are off, because a plan cached while the tables were empty would read all of them for each payout.
-- Definer: the job has no access to the tables.
create function private.claim_payout(
    p_run_id uuid,
    p_worker_id uuid,
    p_lease interval,
    p_started_at timestamptz
)
    returns table (
        payout_id uuid,
        attempt integer,
        idempotency_key text,
        amount_cents bigint,
        currency text,
        destination text,
        transfer_group text,
        metadata jsonb,
        must_look_up boolean
    )
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set enable_seqscan = off
as $$
declare
    payout public.payouts;
    last_attempt private.payout_attempts;
    this_attempt private.payout_attempts;
    account public.stripe_connect_accounts;
begin
    loop
        payout := private.lock_claimable_payout(p_run_id, p_started_at);
        if payout.id is null then
            return;
        end if;

        select * into last_attempt
        from private.payout_attempts tried
        where tried.org_id = payout.org_id
            and tried.payout_id = payout.id
        order by tried.attempt desc
        limit 1;
        select * into strict account
        from public.stripe_connect_accounts
        where org_id = payout.org_id
            and id = payout.connect_account_id;

        exit when last_attempt.status in ('sending', 'unknown')
            or (account.status = 'ready' and not private.has_disputed_earnings(payout));
        if account.status <> 'ready' then
            perform private.hold_payout(payout, 'account_not_ready', 'The Stripe account cannot receive transfers at the moment.');
        else
            perform private.stop_disputed_payout(payout);
        end if;
    end loop;

    update public.payouts set status = 'pending' where id = payout.id and status in ('failed', 'unknown');
    update public.payouts
    set status = 'sending',
        last_tried_at = private.clock(),
        leased_until = private.clock() + p_lease
    where org_id = payout.org_id
        and id = payout.id;

    insert into private.payout_attempts as tried (
        org_id, payout_id, attempt, idempotency_key, amount_cents, currency, destination, worker_id, started_at
    )
    select
        payout.org_id,
        payout.id,
        next_attempt.attempt,
        format('payout:%s:%s', payout.id, next_attempt.attempt),
        payout.amount_cents,
        payout.currency,
        account.stripe_account_id,
        p_worker_id,
        private.clock()
    from (
        select coalesce(last_attempt.attempt, 0) + (last_attempt.status is null or last_attempt.status = 'refused')::integer as attempt
    ) next_attempt
    on conflict on constraint payout_attempts_pkey do update
        set status = 'sending',
            worker_id = excluded.worker_id,
            finished_at = null
    returning tried.* into this_attempt;

    update public.payout_runs
    set heartbeat_at = private.clock()
    where id = p_run_id
        and heartbeat_at < private.clock() - interval '10 seconds';

    return query
    select
        this_attempt.payout_id,
        this_attempt.attempt,
        this_attempt.idempotency_key,
        this_attempt.amount_cents,
        this_attempt.currency,
        this_attempt.destination,
        payout.id::text,
        jsonb_build_object('payout_id', payout.id, 'attempt', this_attempt.attempt, 'org_id', payout.org_id),
        last_attempt.payout_id is not null;
end;
$$;

-- The next payout of a run that may be sent now, locked: first one whose worker's lease has run out, else one that is pending, or
-- failed or unknown since before this invocation began. Both queries use the partial indexes on public.payouts.
create function private.lock_claimable_payout(p_run_id uuid, p_started_at timestamptz)
    returns public.payouts
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payout public.payouts;
begin
    select candidate.* into payout
    from public.payouts candidate
    where candidate.run_id = p_run_id
        and candidate.status = 'sending'
        and candidate.leased_until <= private.clock()
    order by candidate.leased_until
    limit 1
    for no key update skip locked;

    if not found then
        select candidate.* into payout
        from public.payouts candidate
        where candidate.run_id = p_run_id
            and candidate.status in ('pending', 'failed', 'unknown')
            and (candidate.last_tried_at is null or candidate.last_tried_at < p_started_at)
        order by candidate.last_tried_at nulls first, candidate.id
        limit 1
        for no key update skip locked;
    end if;
    return payout;
end;
$$;

-- sql/72_payouts/41_record_transfer.sql
-- Records the transfer that Stripe has made for a payout, or that a look-up has found, and returns the payout's status: paid, or
-- reversed if all of it was reversed since. Definer: the job has no access to the tables.
create function private.record_transfer(p_payout_id uuid, p_attempt integer, p_transfer jsonb)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    outcome private.stripe_outcome;
begin
    if private.uuid_or_null(p_transfer -> 'metadata' ->> 'payout_id') is distinct from p_payout_id then
        perform private.refuse(
            'PT422', 'wrong_transfer',
            'The metadata of that transfer name another payout.',
            'Record the transfer whose metadata name this payout.'
        );
    end if;

    outcome := private.apply_transfer(p_transfer, private.clock());
    if outcome.status <> 'processed' then
        perform private.refuse(
            'PT409', outcome.note,
            format('That transfer cannot be recorded for attempt %s of this payout.', p_attempt),
            'Compare the payout and its attempts with the transfer at Stripe before anything else is sent.'
        );
    end if;
    return (select payout.status from public.payouts payout where payout.id = p_payout_id);
end;
$$;

-- Applies a transfer as Stripe describes it, in an answer, a look-up, a list or an event: the payout whose id it bears is paid,
-- whether or not the books remember the attempt (a restored database forgets attempts), and what was reversed of the transfer is owed to
-- the payee again. Parked are a second transfer, one of a payout that was cancelled, one to somebody else than the payee, and one
-- whose amount differs while an attempt of the payout is in doubt. Sequential scans are off as in claim_payout.
create function private.apply_transfer(p_transfer jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
    set enable_seqscan = off
as $$
declare
    payout public.payouts;
begin
    if private.is_adopted_transfer(p_transfer) then
        perform private.post_adopted_reversal(p_transfer, p_occurred_at);
        return row('processed', null)::private.stripe_outcome;
    end if;
    select * into payout
    from public.payouts
    where id = private.uuid_or_null(p_transfer -> 'metadata' ->> 'payout_id')
    for no key update;

    if not found and not private.bears_our_metadata(p_transfer) then
        return row('ignored', 'not_ours')::private.stripe_outcome;
    elsif not found then
        return row('parked', 'unknown_transfer')::private.stripe_outcome;
    end if;
    if payout.status in ('paid', 'reversed') and payout.stripe_transfer_id <> p_transfer ->> 'id' then
        return row('parked', 'second_transfer')::private.stripe_outcome;
    end if;
    if payout.status = 'cancelled' then
        return row('parked', 'transfer_of_a_stopped_payout')::private.stripe_outcome;
    end if;

    if payout.status not in ('paid', 'reversed') then
        if not private.is_transfer_of(p_transfer, payout) then
            return row('parked', 'transfer_differs')::private.stripe_outcome;
        end if;
        payout := private.correct_payout_amount(payout, (p_transfer ->> 'amount')::bigint, p_occurred_at);
        perform private.mark_payout_paid(payout, p_transfer, p_occurred_at);
    end if;
    perform private.post_payout_reversal(payout.id, (p_transfer ->> 'amount_reversed')::bigint, p_occurred_at);
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Can this transfer pay a payout: in its currency, to an account of its payee, and of its amount? Another amount is possible only if
-- no attempt is in doubt: then the books do not remember what they had decided when the transfer was made.
create function private.is_transfer_of(p_transfer jsonb, p_payout public.payouts)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        p_transfer ->> 'currency' = p_payout.currency
        and (p_transfer ->> 'amount')::bigint > 0
        and exists (
            select
            from public.stripe_connect_accounts account
            where account.stripe_account_id = private.expandable_id(p_transfer -> 'destination')
                and account.org_id = p_payout.org_id
                and coalesce(account.instructor_id, account.org_id) = p_payout.payee_id
        )
        and (
            (p_transfer ->> 'amount')::bigint = p_payout.amount_cents
            or not exists (
                select
                from private.payout_attempts tried
                where tried.org_id = p_payout.org_id
                    and tried.payout_id = p_payout.id
                    and tried.status in ('sending', 'unknown')
            )
        ),
        false
    );
$$;

-- Marks a payout, its earnings and its last attempt as paid by this transfer, and posts that the money has left Stripe's balance.
-- The transfer may be found while the payout is pending, failed or held here; it goes through sending, as the transitions ask.
create function private.mark_payout_paid(
    p_payout public.payouts,
    p_transfer jsonb,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.payouts
    set status = 'pending'
    where org_id = p_payout.org_id
        and id = p_payout.id
        and status in ('failed', 'held');
    update public.payouts
    set status = 'sending',
        leased_until = private.clock()
    where org_id = p_payout.org_id
        and id = p_payout.id
        and status = 'pending';
    update public.payouts
    set status = 'paid',
        stripe_transfer_id = p_transfer ->> 'id',
        paid_at = p_occurred_at,
        leased_until = null,
        failure_code = null,
        failure_message = null
    where org_id = p_payout.org_id
        and id = p_payout.id;

    update private.payout_attempts
    set status = 'succeeded',
        finished_at = private.clock(),
        error_code = null,
        error_message = null
    where org_id = p_payout.org_id
        and payout_id = p_payout.id
        and attempt = (
            select max(tried.attempt)
            from private.payout_attempts tried
            where tried.org_id = p_payout.org_id
                and tried.payout_id = p_payout.id
        );

    update public.earnings
    set status = 'paid'
    where org_id = p_payout.org_id
        and payout_id = p_payout.id;

    perform private.post_transaction(
        p_payout.org_id, 'payout_paid', 'payout', p_payout.id, format('payout:%s:paid', p_payout.id),
        p_payout.currency, p_occurred_at,
        array[
            row('payout_in_transit', p_payout.payee_id, p_payout.amount_cents),
            row('stripe_balance', null, -p_payout.amount_cents)
        ]::private.posting[]
    );
end;
$$;

-- sql/72_payouts/42_record_failure.sql
-- Records that an attempt made no transfer, or that its outcome is unknown, and returns the payout's status. p_outcome is refused:
-- Stripe rejected it; unknown: the transfer may exist, so the next worker looks it up; or not_sent: the call never reached Stripe.
-- A refusal that the account causes holds the payout. Ignored from a worker that no longer holds the attempt, and for a payout
-- that is no longer being sent. Sequential scans are off as in claim_payout. Definer: the job has no access to the tables.
create function private.record_transfer_failure(
    p_payout_id uuid,
    p_attempt integer,
    p_worker_id uuid,
    p_outcome text,
    p_code text,
    p_message text
)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set enable_seqscan = off
as $$
declare
    payout public.payouts;
begin
    select * into payout from public.payouts where id = p_payout_id for no key update;

    update private.payout_attempts
    set status = p_outcome::private.attempt_status,
        finished_at = private.clock(),
        error_code = left(p_code, 100),
        error_message = left(p_message, 500)
    where org_id = payout.org_id
        and payout_id = p_payout_id
        and attempt = p_attempt
        and worker_id = p_worker_id
        and status = 'sending';
    if not found or payout.status <> 'sending' then
        return payout.status;
    end if;

    update public.payouts
    set status = case p_outcome when 'refused' then 'failed' when 'unknown' then 'unknown' else 'pending' end::public.payout_status,
        leased_until = null,
        failure_code = left(p_code, 100),
        failure_message = left(p_message, 500)
    where id = p_payout_id
    returning * into payout;

    if p_outcome = 'refused' and private.is_refusal_of_destination(p_code) then
        perform private.hold_payout(payout, p_code, 'Stripe cannot pay this account: ' || p_message);
        return 'held';
    end if;
    return payout.status;
end;
$$;

-- Holds a payout for this reason and alerts the payee. A platform admin releases or cancels it later.
create function private.hold_payout(p_payout public.payouts, p_code text, p_message text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.payouts set status = 'pending' where id = p_payout.id and status in ('failed', 'unknown');
    update public.payouts
    set status = 'held',
        failure_code = p_code,
        failure_message = left(p_message, 500)
    where org_id = p_payout.org_id
        and id = p_payout.id;

    perform private.raise_alert(
        p_payout.org_id, p_payout.instructor_id, 'payout_held',
        'Your payout is on hold. ' || left(p_message, 500),
        'payouts', p_payout.id, format('payout:%s:held:%s', p_payout.id, p_code)
    );
end;
$$;

-- sql/72_payouts/43_correct_amount.sql
-- Brings a payout to the amount that Stripe has transferred for it, if that is another one, and returns it: a restored database may have
-- forgotten, or not known yet, a part of what was paid. The difference becomes an adjustment among the payout's items, and its
-- opposite one that is available at once, so that the next payouts even it out. apply_transfer calls it.
create function private.correct_payout_amount(p_payout public.payouts, p_amount_cents bigint, p_occurred_at timestamptz)
    returns public.payouts
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    more_cents constant bigint := p_amount_cents - p_payout.amount_cents;
    payout public.payouts;
begin
    if more_cents = 0 then
        return p_payout;
    end if;

    update public.payouts
    set amount_cents = p_amount_cents
    where org_id = p_payout.org_id
        and id = p_payout.id
    returning * into payout;

    with adjustment as (
        insert into public.earnings (
            org_id, instructor_id, payee_id, kind, currency, amount_cents, available_at, status, payout_id
        )
        select
            payout.org_id, private.instructor_of_payout(payout), payout.payee_id, 'adjustment', payout.currency,
            part.amount_cents, least(p_occurred_at, private.clock()), 'available', part.payout_id
        from (values (more_cents, payout.id), (-more_cents, null)) part (amount_cents, payout_id)
        returning id, instructor_id, amount_cents, payout_id
    )

    insert into public.payout_items (payout_id, earning_id, org_id, instructor_id, amount_cents)
    select adjustment.payout_id, adjustment.id, payout.org_id, adjustment.instructor_id, adjustment.amount_cents
    from adjustment
    where adjustment.payout_id is not null;

    perform private.post_transaction(
        payout.org_id, 'payout_corrected', 'payout', payout.id, format('payout:%s:corrected', payout.id),
        payout.currency, p_occurred_at,
        array[
            row('payee_payable', payout.payee_id, more_cents),
            row('payout_in_transit', payout.payee_id, -more_cents)
        ]::private.posting[]
    );
    perform private.raise_alert(
        payout.org_id, payout.instructor_id, 'payout_corrected',
        'A payout was sent with another amount than the books had for it. Your next payout evens out the difference.',
        'payouts', payout.id, format('payout:%s:corrected', payout.id)
    );
    return payout;
end;
$$;

-- Whose work a payout paid most for: adjustments of the payout are the lines of that instructor.
create function private.instructor_of_payout(p_payout public.payouts)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select item.instructor_id
    from public.payout_items item
    where item.org_id = p_payout.org_id
        and item.payout_id = p_payout.id
    order by item.amount_cents desc, item.earning_id
    limit 1;
$$;

-- sql/72_payouts/44_stop_disputed.sql
-- Stops a payout that is not sent yet because the payer's bank has disputed earnings in it since it was created. If all of its
-- earnings are disputed it is held; otherwise it is cancelled, so that the next run pays the others. claim_payout calls it.
create function private.stop_disputed_payout(p_payout public.payouts)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if exists (
        select
        from public.earnings earning
        where earning.org_id = p_payout.org_id
            and earning.payout_id = p_payout.id
            and not private.is_earning_disputed(earning)
    ) then
        perform private.cancel_payout(p_payout);
        perform private.raise_alert(
            p_payout.org_id, p_payout.instructor_id, 'payout_cancelled',
            'A payer''s bank disputes a part of a payout, so it was not sent. The rest of it will be in your next payout.',
            'payouts', p_payout.id, format('payout:%s:disputed', p_payout.id)
        );
    else
        perform private.hold_payout(
            p_payout, 'payment_disputed', 'The payer''s bank disputes the payment. It is decided again when the dispute has ended.'
        );
    end if;
end;
$$;

-- Is the payment of an earning, or another payment of its booking, disputed?
create function private.is_earning_disputed(p_earning public.earnings)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.payments payment
        where payment.org_id = p_earning.org_id
            and (payment.id = p_earning.payment_id or payment.booking_id = p_earning.booking_id)
            and payment.is_disputed
    );
$$;

-- Has the payer's bank disputed any earning in a payout?
create function private.has_disputed_earnings(p_payout public.payouts)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.earnings earning
        where earning.org_id = p_payout.org_id
            and earning.payout_id = p_payout.id
            and private.is_earning_disputed(earning)
    );
$$;

-- Cancels the payouts that were held because all of their earnings were disputed, once a dispute has ended: the next run pays what is
-- due by then. 82_effects calls it.
create function private.cancel_undisputed_payouts(p_payment public.payments)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.cancel_payout(held)
    from public.payouts held
    where held.status = 'held'
        and held.failure_code = 'payment_disputed'
        and held.org_id = p_payment.org_id
        and exists (
            select
            from public.earnings earning
            where earning.org_id = held.org_id
                and earning.payout_id = held.id
                and (earning.payment_id = p_payment.id or earning.booking_id = p_payment.booking_id)
                and not private.is_earning_disputed(earning)
        );
end;
$$;

-- sql/72_payouts/50_hold.sql
-- Holds a payout that is not being sent, for a platform admin. Definer: no role may write payouts.
create function private.admin_hold_payout(p_payout_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payout public.payouts := private.require_payout(p_payout_id, p_reason);
begin
    if payout.status not in ('pending', 'failed') then
        perform private.refuse_payout_step(
            payout, 'Only a pending or failed payout can be held. If it is unknown, run the payout job: it looks the transfer up.'
        );
    end if;
    perform private.hold_payout(payout, 'admin_hold', 'The platform is looking into it.');
end;
$$;

-- Makes a held or failed payout pending again, for a platform admin, and reopens its run so that the payout job sends it.
-- Definer: no role may write payouts.
create function private.admin_release_payout(p_payout_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payout public.payouts := private.require_payout(p_payout_id, p_reason);
begin
    if payout.status not in ('held', 'failed') then
        perform private.refuse_payout_step(payout, 'Only a held or failed payout can be released.');
    end if;

    update public.payouts
    set status = 'pending',
        last_tried_at = null,
        failure_code = null,
        failure_message = null
    where org_id = payout.org_id
        and id = payout.id;

    update public.payout_runs
    set status = 'open',
        completed_at = null
    where org_id = payout.org_id
        and id = payout.run_id;
end;
$$;

-- Holds all future payouts of an instructor, or stops holding them, for a platform admin: runs opened from now on read it.
-- Definer: no role may write this column.
create function private.admin_hold_instructor(p_instructor_id uuid, p_is_held boolean, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_platform_admin(p_reason);

    update public.instructor_details
    set is_payout_held = coalesce(p_is_held, true)
    where instructor_id = p_instructor_id;

    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'There is no instructor with that id.',
            'Check the id.'
        );
    end if;
end;
$$;

-- Returns a payout, locked, for a platform admin to decide on. The audit log keeps the reason.
create function private.require_payout(p_payout_id uuid, p_reason text)
    returns public.payouts
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payout public.payouts;
begin
    perform private.require_platform_admin(p_reason);
    select * into payout from public.payouts where id = p_payout_id for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'payout_not_found',
            'There is no payout with that id.',
            'Check the id.'
        );
    end if;
    return payout;
end;
$$;

-- Refuses what a payout's status does not allow; the hint says what is allowed.
create function private.refuse_payout_step(p_payout public.payouts, p_hint text)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'payout_cannot_do_that',
        format('This payout is %s.', p_payout.status),
        p_hint
    );
end;
$$;

-- sql/72_payouts/51_cancel.sql
-- Cancels an unsent payout at once, or asks Stripe to reverse a paid one, all of it or p_amount_cents (such as the payee's share of a
-- later refund). What is cancelled or reversed is owed to the payee again. For a platform admin.
-- Definer: no role may write payouts.
create function private.admin_cancel_payout(p_payout_id uuid, p_reason text, p_amount_cents bigint)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payout public.payouts := private.require_payout(p_payout_id, p_reason);
    left_cents constant bigint := payout.amount_cents - payout.reversed_cents;
begin
    if payout.status = 'paid' and coalesce(p_amount_cents, left_cents) between 1 and left_cents then
        perform private.send_reversal(payout, coalesce(p_amount_cents, left_cents));
    elsif payout.status in ('pending', 'held', 'failed') and p_amount_cents is null then
        perform private.cancel_payout(payout);
    elsif p_amount_cents is not null then
        perform private.refuse_payout_step(
            payout, format('At most %s (minor units) of a paid payout can be reversed, and no part of an unpaid one.', left_cents)
        );
    else
        perform private.refuse_payout_step(payout, 'If it is being sent or unknown, run the payout job first: it looks the transfer up.');
    end if;
end;
$$;

-- Cancels a payout that was never sent: its earnings are available again and join the next payout.
create function private.cancel_payout(p_payout public.payouts)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    update public.payouts set status = 'cancelled' where id = p_payout.id;
    update public.earnings set payout_id = null where payout_id = p_payout.id;

    perform private.post_transaction(
        p_payout.org_id, 'payout_cancelled', 'payout', p_payout.id, format('payout:%s:cancelled', p_payout.id),
        p_payout.currency, private.clock(),
        array[
            row('payout_in_transit', p_payout.payee_id, p_payout.amount_cents),
            row('payee_payable', p_payout.payee_id, -p_payout.amount_cents)
        ]::private.posting[]
    );
end;
$$;

-- Queues the command that reverses a payout's transfer at Stripe, in whole or in part. Repeating it while a reversal is under way
-- changes nothing, since the key is the same; once that is done, or Stripe has refused it, the key is new.
create function private.send_reversal(p_payout public.payouts, p_amount_cents bigint)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    reversal_key text;
begin
    select format('payout:%s:reverse:%s:%s', p_payout.id, p_payout.reversed_cents, count(*) + 1) into reversal_key
    from private.outbox command
    where command.topic = 'reverse_transfer'
        and command.dead_at is not null
        and command.payload ->> 'payout_id' = p_payout.id::text;

    perform private.enqueue_command(
        p_payout.org_id, 'reverse_transfer', reversal_key,
        jsonb_build_object(
            'payout_id', p_payout.id,
            'transfer', p_payout.stripe_transfer_id,
            'amount_cents', p_amount_cents,
            'idempotency_key', reversal_key,
            'metadata', jsonb_build_object('payout_id', p_payout.id, 'reversal', reversal_key)
        ),
        format('payout:%s', p_payout.id)
    );
end;
$$;

-- Records that Stripe has refused to reverse a payout's transfer: alerts the admins, who may call admin_cancel_payout again.
-- Definer: the job has no access to the tables.
create function private.record_reversal_failure(p_payout_id uuid, p_code text, p_message text)
    returns void
    language sql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
    select private.raise_alert(
        payout.org_id, null, 'reversal_refused',
        left(format('Stripe refused to reverse a payout (%s): %s', p_code, p_message), 1000),
        'payouts', payout.id, format('payout:%s:reversal_refused:%s', payout.id, private.clock())
    )
    from public.payouts payout
    where payout.id = p_payout_id;
$$;

-- Posts what Stripe has reversed of a payout's transfer since the last call: it is owed to the payee again, as an adjustment that is
-- available at once. Called by apply_transfer. p_reversed_cents is Stripe's running total, so repeated and late events post nothing.
create function private.post_payout_reversal(
    p_payout_id uuid,
    p_reversed_cents bigint,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    payout public.payouts;
    part_cents bigint;
begin
    select * into strict payout from public.payouts where id = p_payout_id;
    part_cents := p_reversed_cents - payout.reversed_cents;
    if coalesce(part_cents, 0) <= 0 then
        return;
    end if;

    update public.payouts
    set reversed_cents = p_reversed_cents,
        status = case when p_reversed_cents = amount_cents then 'reversed' else status end
    where id = p_payout_id;

    insert into public.earnings (
        org_id, instructor_id, payee_id, kind, reversed_payout_id, currency, amount_cents, available_at, status
    )
    values (
        payout.org_id, private.instructor_of_payout(payout), payout.payee_id, 'adjustment', payout.id,
        payout.currency, part_cents, least(p_occurred_at, private.clock()), 'available'
    );

    perform private.post_transaction(
        payout.org_id, 'payout_reversed', 'payout', payout.id, format('payout:%s:reversed:%s', payout.id, p_reversed_cents),
        payout.currency, p_occurred_at,
        array[
            row('stripe_balance', null, part_cents),
            row('payee_payable', payout.payee_id, -part_cents)
        ]::private.posting[]
    );

    perform private.raise_alert(
        payout.org_id, payout.instructor_id, 'payout_reversed',
        'All or part of a payout was reversed. The reversed amount will be in your next payout.',
        'payouts', payout.id, format('payout:%s:reversed:%s', payout.id, p_reversed_cents)
    );
end;
$$;

-- sql/72_payouts/52_adopt.sql
-- Books a transfer that the books lack, for a platform admin who has looked at it, as after a restore: the payee was paid in advance, and
-- the next payouts deduct it. If the books do not know the payee, it is posted to suspense. A payout under whose id it was made and
-- that was not paid by it is cancelled: what it was to pay is available again. Definer: no role may write the tables.
create function private.admin_adopt_transfer(p_stripe_transfer_id text, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    payout public.payouts;
    unbooked private.unbooked_transfers;
begin
    perform private.require_platform_admin(p_reason);

    select named.* into payout
    from public.payouts named
    join private.unbooked_transfers made on made.org_id = named.org_id and made.payout_id = named.id
    where made.stripe_transfer_id = p_stripe_transfer_id
    for no key update of named;

    update private.unbooked_transfers
    set adopted_at = private.clock()
    where stripe_transfer_id = p_stripe_transfer_id
        and adopted_at is null
    returning * into unbooked;
    if not found then
        perform private.refuse(
            'PT404', 'transfer_not_found',
            'The books lack no transfer with that id.',
            'List those that they lack with python -m jobs doctor.'
        );
    end if;
    if payout.status = 'sending' then
        perform private.refuse_payout_step(payout, 'Run the payout job first: it looks the transfer up.');
    end if;

    update public.payouts set status = 'pending' where org_id = payout.org_id and id = payout.id and status = 'unknown';
    if payout.status in ('pending', 'failed', 'unknown', 'held') then
        perform private.cancel_payout(payout);
    end if;
    perform private.post_adopted_transfer(unbooked, unbooked.amount_cents - unbooked.reversed_cents, private.clock());
end;
$$;

-- Was this transfer adopted by an admin?
create function private.is_adopted_transfer(p_transfer jsonb)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from private.unbooked_transfers adopted
        where adopted.stripe_transfer_id = p_transfer ->> 'id'
            and adopted.adopted_at is not null
    );
$$;

-- Posts what Stripe has reversed of an adopted transfer since the last call. apply_transfer calls it; amount_reversed is Stripe's
-- running total, so repeated and late events post nothing.
create function private.post_adopted_reversal(p_transfer jsonb, p_occurred_at timestamptz)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    adopted private.unbooked_transfers;
    total_cents constant bigint := (p_transfer ->> 'amount_reversed')::bigint;
begin
    select * into strict adopted
    from private.unbooked_transfers
    where stripe_transfer_id = p_transfer ->> 'id'
    for no key update;

    if total_cents > adopted.reversed_cents then
        update private.unbooked_transfers
        set reversed_cents = total_cents
        where org_id = adopted.org_id
            and id = adopted.id;
        perform private.post_adopted_transfer(adopted, adopted.reversed_cents - total_cents, p_occurred_at);
    end if;
end;
$$;

-- Posts what an adopted transfer has paid in advance, or, if negative, what was reversed of it: an adjustment of the payee, or suspense.
create function private.post_adopted_transfer(
    p_adopted private.unbooked_transfers,
    p_paid_cents bigint,
    p_occurred_at timestamptz
)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_paid_cents <> 0 and p_adopted.payee_id is not null then
        insert into public.earnings (
            org_id, instructor_id, payee_id, kind, adopted_transfer_id, currency, amount_cents, available_at, status
        )
        values (
            p_adopted.org_id, private.instructor_of_transfer(p_adopted), p_adopted.payee_id, 'adjustment', p_adopted.id,
            p_adopted.currency, -p_paid_cents, least(p_occurred_at, private.clock()), 'available'
        );
    end if;

    perform private.post_transaction(
        p_adopted.org_id,
        case when p_paid_cents > 0 then 'transfer_adopted' else 'adopted_transfer_reversed' end,
        'transfer', p_adopted.id,
        format(
            'transfer:%s:%s', p_adopted.id,
            case when p_paid_cents > 0 then 'adopted' else format('reversed:%s', p_adopted.reversed_cents - p_paid_cents) end
        ),
        p_adopted.currency, p_occurred_at,
        array[
            row(
                case when p_adopted.payee_id is null then 'suspense' else 'payee_payable' end,
                p_adopted.payee_id, p_paid_cents
            ),
            row('stripe_balance', null, -p_paid_cents)
        ]::private.posting[]
    );
end;
$$;

-- In whose name an adjustment for a transfer stands: the payee's, or, of a school, that of whoever earned last.
create function private.instructor_of_transfer(p_transfer private.unbooked_transfers)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        p_transfer.instructor_id,
        (
            select earning.instructor_id
            from public.earnings earning
            where earning.org_id = p_transfer.org_id
                and earning.payee_id = p_transfer.payee_id
            order by earning.created_at desc, earning.id
            limit 1
        ),
        (select instructor.id from public.instructors instructor where instructor.org_id = p_transfer.org_id order by instructor.id limit 1)
    );
$$;

-- sql/72_payouts/55_bank_payouts.sql
-- Mirrors a payout of Stripe from a connected account to its bank, from a webhook. Events may arrive in any order: the status moves
-- only forward (a paid one can still fail), and within a status the latest event counts. A failure alerts the payee and the
-- admins; nothing is paid again, since the money is back in the connected account.
create function private.apply_bank_payout(p_payout jsonb, p_account_id text, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_status constant public.bank_payout_status := replace(p_payout ->> 'status', 'canceled', 'cancelled');
    account public.stripe_connect_accounts;
    mirrored public.bank_payouts;
begin
    select * into account from public.stripe_connect_accounts where stripe_account_id = p_account_id;
    if not found then
        return row('parked', 'unknown_account')::private.stripe_outcome;
    end if;

    insert into public.bank_payouts as known (
        org_id, connect_account_id, instructor_id, stripe_payout_id, currency, amount_cents, status, arrival_on,
        failure_code, failure_message, last_event_at
    )
    values (
        account.org_id, account.id, account.instructor_id, p_payout ->> 'id', p_payout ->> 'currency',
        (p_payout ->> 'amount')::bigint, new_status, to_timestamp((p_payout ->> 'arrival_date')::bigint)::date,
        p_payout ->> 'failure_code', left(p_payout ->> 'failure_message', 500), p_occurred_at
    )
    on conflict (stripe_payout_id) do update
        set status = excluded.status,
            arrival_on = excluded.arrival_on,
            failure_code = excluded.failure_code,
            failure_message = excluded.failure_message,
            last_event_at = excluded.last_event_at
        where (excluded.status, excluded.last_event_at) > (known.status, known.last_event_at)
    returning * into mirrored;

    if not found then
        return row('processed', 'late')::private.stripe_outcome;
    end if;
    if mirrored.status = 'failed' then
        perform private.raise_alert(
            mirrored.org_id, mirrored.instructor_id, 'bank_payout_failed',
            'Your bank returned a payout. The money is in your Stripe account: correct the bank details there.',
            'bank_payouts', mirrored.id, format('bank_payout:%s:failed', mirrored.id)
        );
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- sql/72_payouts/56_platform_payouts.sql
-- Posts the platform's own payouts from its Stripe balance to its bank, and its top-ups from there, under the platform's organization.
-- 85_webhooks hands in their events. Each step is posted once under Stripe's id, so events may arrive in any order.

-- A payout leaves the balance when it is made, whatever its status is by now; one that failed or was cancelled has come back. Of a
-- payout that Stripe debits from the bank to cover a negative balance, the amount is negative.
create function private.apply_platform_payout(p_payout jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.post_bank_transfer('platform_payout', 'sent', p_payout, 1, p_occurred_at);
    if p_payout ->> 'status' in ('failed', 'canceled') then
        perform private.post_bank_transfer('platform_payout', 'returned', p_payout, -1, p_occurred_at);
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- A top-up reaches the balance when it succeeds, and leaves it again if the bank reverses it.
create function private.apply_top_up(p_top_up jsonb, p_occurred_at timestamptz)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if p_top_up ->> 'status' in ('succeeded', 'reversed') then
        perform private.post_bank_transfer('top_up', 'succeeded', p_top_up, -1, p_occurred_at);
    end if;
    if p_top_up ->> 'status' = 'reversed' then
        perform private.post_bank_transfer('top_up', 'reversed', p_top_up, 1, p_occurred_at);
    end if;
    return row('processed', null)::private.stripe_outcome;
end;
$$;

-- Posts money that moved from Stripe to the platform's bank (p_sign 1) or from there to Stripe (-1), once for each object and step.
create function private.post_bank_transfer(
    p_source_type text,
    p_step text,
    p_object jsonb,
    p_sign integer,
    p_occurred_at timestamptz
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.post_transaction(
        private.platform_id(), format('%s_%s', p_source_type, p_step), p_source_type, null,
        format('%s:%s:%s', p_source_type, p_object ->> 'id', p_step),
        lower(p_object ->> 'currency'), p_occurred_at,
        array[
            row('platform_bank', null, p_sign * (p_object ->> 'amount')::bigint),
            row('stripe_balance', null, -p_sign * (p_object ->> 'amount')::bigint)
        ]::private.posting[]
    );
$$;

-- sql/72_payouts/60_statements.sql
-- The lines of a payout, for its payee and the organization's admins.
-- Definer: the caller may see initials of learners whose names they may not read.
create function private.payout_statement(p_payout_id uuid)
    returns table (
        line bigint,
        payout_date date,
        instructor text,
        kind public.earning_kind,
        booking_id uuid,
        lesson_at timestamptz,
        service text,
        learner_initials text,
        amount_cents bigint,
        currency text
    )
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    if not exists (
        select
        from public.payouts payout
        where payout.id = p_payout_id
            and (
                payout.instructor_id = any (private.my_instructor_ids())
                or payout.org_id = any (private.my_admin_org_ids())
            )
    ) then
        perform private.refuse(
            'PT404', 'payout_not_found',
            'You have no payout with that id.',
            'Check the id.'
        );
    end if;
    return query
    select
        statement.line, statement.payout_date, statement.instructor, statement.kind, statement.booking_id,
        statement.lesson_at, statement.service, statement.learner_initials, statement.amount_cents, statement.currency
    from private.statement_lines(p_payout_id) statement;
end;
$$;

-- A payout with its lines as one JSON document, which `python -m jobs statement` renders as a PDF. Times are in the organization's
-- time zone. Definer: the job has no access to the tables.
create function private.payout_statement_document(p_payout_id uuid)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
declare
    statement jsonb;
begin
    select jsonb_build_object(
        'payout_id', payout.id,
        'organization', organization.name,
        'tax_id', organization.tax_id,
        'time_zone', organization.time_zone,
        'payee', coalesce(instructor.display_name, organization.name),
        'schedule', run.schedule,
        'payout_date', payout.payout_date,
        'cutoff_at', to_char(run.cutoff_at at time zone organization.time_zone, 'YYYY-MM-DD HH24:MI'),
        'paid_on', (payout.paid_at at time zone organization.time_zone)::date,
        'status', payout.status,
        'stripe_transfer_id', payout.stripe_transfer_id,
        'currency', payout.currency,
        'minor_digits', currency.minor_digits,
        'amount_cents', payout.amount_cents,
        'reversed_cents', payout.reversed_cents,
        'lines', (
            select coalesce(
                jsonb_agg(
                    to_jsonb(statement_line) || jsonb_build_object(
                        'lesson_at',
                        to_char(statement_line.lesson_at at time zone organization.time_zone, 'YYYY-MM-DD HH24:MI')
                    )
                    order by statement_line.line
                ),
                '[]'
            )
            from private.statement_lines(payout.id) statement_line
        )
    )
    into statement
    from public.payouts payout
    join public.payout_runs run on run.org_id = payout.org_id and run.id = payout.run_id
    join public.organizations organization on organization.id = payout.org_id
    left join private.currencies currency on currency.code = payout.currency
    left join public.instructors instructor
        on instructor.org_id = payout.org_id
        and instructor.id = payout.instructor_id
    where payout.id = p_payout_id;

    if statement is null then
        perform private.refuse(
            'PT404', 'payout_not_found',
            'There is no payout with that id.',
            'Check the id.'
        );
    end if;
    return statement;
end;
$$;

-- The initials of a name: A. B. K. of Ada Byron King.
create function private.initials(p_name text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select string_agg(upper(left(word, 1)) || '.', ' ' order by position)
    from regexp_split_to_table(trim(p_name), '\s+') with ordinality part (word, position);
$$;

-- One line for each earning of a payout: instructor, lesson, the learner's initials, and the amount earned or given back.
-- The lines sum to the payout.
create function private.statement_lines(p_payout_id uuid)
    returns table (
        line bigint,
        payout_date date,
        instructor text,
        kind public.earning_kind,
        booking_id uuid,
        lesson_at timestamptz,
        service text,
        learner_initials text,
        amount_cents bigint,
        currency text
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select
        row_number() over (order by instructor.display_name, booking.start_at nulls last, earning.kind, earning.created_at, earning.id),
        payout.payout_date,
        instructor.display_name,
        earning.kind,
        earning.booking_id,
        booking.start_at,
        service.title,
        private.initials(learner.full_name),
        item.amount_cents,
        payout.currency
    from public.payouts payout
    join public.payout_items item on item.org_id = payout.org_id and item.payout_id = payout.id
    join public.earnings earning on earning.org_id = item.org_id and earning.id = item.earning_id
    join public.instructors instructor on instructor.org_id = item.org_id and instructor.id = item.instructor_id
    left join public.bookings booking on booking.org_id = earning.org_id and booking.id = earning.booking_id
    left join public.services service on service.org_id = booking.org_id and service.id = booking.service_id
    left join public.learners learner on learner.org_id = booking.org_id and learner.id = booking.learner_id
    where payout.id = p_payout_id
    order by 1;
$$;

-- sql/72_payouts/61_settings.sql
-- Sets when and from which amount an instructor is paid, which instructors do themselves or the school's admins for them, and
-- whether the instructor or the school is paid, which only admins decide. Null keeps a setting. Existing earnings keep their payee.
-- Definer: no role may write these columns.
create function private.set_payout_settings(
    p_instructor_id uuid,
    p_payout_schedule public.payout_schedule,
    p_minimum_payout_cents bigint,
    p_payee public.payee_kind
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
    broken_rule text;
begin
    perform private.require_person();
    select * into instructor
    from public.instructors
    where id = p_instructor_id
        and (id = any (private.my_instructor_ids()) or org_id = any (private.my_admin_org_ids()));
    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'There is no such instructor, or you may not change how they are paid.',
            'Check the id.'
        );
    end if;
    if p_payee is not null and not instructor.org_id = any (private.my_admin_org_ids()) then
        perform private.refuse(
            '42501', 'payee_is_the_schools_choice',
            'Only the school decides whether it or the instructor is paid.',
            'Ask an admin of the school.'
        );
    end if;

    update public.instructor_details
    set payout_schedule = coalesce(p_payout_schedule, payout_schedule),
        minimum_payout_cents = coalesce(p_minimum_payout_cents, minimum_payout_cents),
        payee = coalesce(p_payee, payee)
    where instructor_id = p_instructor_id;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Retires a payee's Stripe account, so that onboarding creates another; refused while a payout to it is unfinished.
-- Definer: no role may write Stripe accounts.
create function private.retire_connect_account(p_connect_account_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    account public.stripe_connect_accounts;
begin
    perform private.require_person();
    select * into account
    from public.stripe_connect_accounts
    where id = p_connect_account_id
        and retired_at is null
        and (
            instructor_id = any (private.my_instructor_ids())
            or (instructor_id is null and org_id = any (private.my_admin_org_ids()))
        )
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'no_account',
            'You have no such Stripe account.',
            'Reload your payout settings.'
        );
    end if;
    if exists (
        select
        from public.payouts payout
        where payout.org_id = account.org_id
            and payout.connect_account_id = account.id
            and payout.status in ('pending', 'sending', 'unknown', 'failed', 'held')
    ) then
        perform private.refuse(
            'PT409', 'payout_in_flight',
            'A payout to this account is not finished yet.',
            'Wait until it is paid or cancelled, then retire the account.'
        );
    end if;

    update public.stripe_connect_accounts set retired_at = private.clock() where id = account.id;
end;
$$;

-- sql/72_payouts/80_api.sql
create function public.payout_statement(p_payout_id uuid)
    returns table (
        line bigint,
        payout_date date,
        instructor text,
        kind public.earning_kind,
        booking_id uuid,
        lesson_at timestamptz,
        service text,
        learner_initials text,
        amount_cents bigint,
        currency text
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        statement.line, statement.payout_date, statement.instructor, statement.kind, statement.booking_id,
        statement.lesson_at, statement.service, statement.learner_initials, statement.amount_cents, statement.currency
    from private.payout_statement(p_payout_id) statement;
end;

comment on function public.payout_statement is
    'The lines of a payout (lessons, deductions for refunds, adjustments), which sum to its amount; for its payee and the organization''s '
    'admins. With the header "Accept: text/csv" they come as CSV. Errors: sign_in_required, payout_not_found.';

create function public.set_payout_settings(
    p_instructor_id uuid,
    p_payout_schedule public.payout_schedule default null,
    p_minimum_payout_cents bigint default null,
    p_payee public.payee_kind default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_payout_settings(p_instructor_id, p_payout_schedule, p_minimum_payout_cents, p_payee);

comment on function public.set_payout_settings is
    'Sets when and from which amount an instructor is paid (by the instructor or the school''s admins) and who is paid (by the admins alone). '
    'Null keeps a setting. Errors: sign_in_required, instructor_not_found, payee_is_the_schools_choice, and the rules of '
    'public.instructor_details.';

create function public.retire_connect_account(p_connect_account_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.retire_connect_account(p_connect_account_id);

comment on function public.retire_connect_account is
    'Retires a Stripe account, so that onboarding creates another; for its payee. Errors: sign_in_required, no_account, payout_in_flight.';

create function public.admin_hold_payout(p_payout_id uuid, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_hold_payout(p_payout_id, p_reason);

comment on function public.admin_hold_payout is
    'Holds a pending or failed payout; platform admins only. Errors: not_an_admin, reason_required, payout_not_found, '
    'payout_cannot_do_that.';

create function public.admin_release_payout(p_payout_id uuid, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_release_payout(p_payout_id, p_reason);

comment on function public.admin_release_payout is
    'Makes a held or failed payout pending again, to be sent by the next payout job; platform admins only. Errors: not_an_admin, reason_required, '
    'payout_not_found, payout_cannot_do_that.';

create function public.admin_cancel_payout(p_payout_id uuid, p_reason text, p_amount_cents bigint default null)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_cancel_payout(p_payout_id, p_reason, p_amount_cents);

comment on function public.admin_cancel_payout is
    'Cancels an unsent payout at once, or has Stripe reverse a paid one, all of it or p_amount_cents. The amount is owed to the payee again; '
    'platform admins only. '
    'Errors: not_an_admin, reason_required, payout_not_found, payout_cannot_do_that.';

create function public.admin_hold_instructor(p_instructor_id uuid, p_is_held boolean, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_hold_instructor(p_instructor_id, p_is_held, p_reason);

comment on function public.admin_hold_instructor is
    'With true, holds all payouts of an instructor from the next run on; with false, stops holding them; platform admins only. '
    'Errors: not_an_admin, reason_required, instructor_not_found.';

create function public.admin_adopt_transfer(p_stripe_transfer_id text, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_adopt_transfer(p_stripe_transfer_id, p_reason);

comment on function public.admin_adopt_transfer is
    'Books a transfer (tr_…) that Stripe has made and the books lack, as after a restore: the payee was paid in advance, and the next payouts '
    'deduct it; platform admins only. Errors: not_an_admin, reason_required, transfer_not_found, payout_cannot_do_that.';

-- sql/72_payouts/90_access.sql
create policy select_admin on public.payout_runs
    for select
    to authenticated
    using (org_id = any ((select private.my_admin_org_ids())::uuid[]));

create policy select_own_or_admin on public.payouts
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_own_or_admin on public.payout_items
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_own_or_admin on public.payout_run_results
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

create policy select_own_or_admin on public.bank_payouts
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.bank_payouts to authenticated, service_role;
grant select on public.payout_runs to authenticated, service_role;
grant select on public.payouts to authenticated, service_role;
grant select on public.payout_items to authenticated, service_role;
grant select on public.payout_run_results to authenticated, service_role;
-- NOTE: no write is granted to anybody; money moves only through functions.

grant execute on function private.due_payout_runs to jobs;
grant execute on function private.preview_payout_run to jobs;
grant execute on function private.open_payout_run to jobs;
grant execute on function private.transfers_known_until to jobs;
grant execute on function private.find_unbooked_transfers to jobs;
grant execute on function private.book_transfer to jobs;
grant execute on function private.claim_payout to jobs;
grant execute on function private.record_transfer to jobs;
grant execute on function private.record_transfer_failure to jobs;
grant execute on function private.record_reversal_failure to jobs;
grant execute on function private.payout_run_progress to jobs;
grant execute on function private.close_payout_run to jobs;
grant execute on function private.decide_payout_run to jobs;
grant execute on function private.payout_statement to authenticated;
grant execute on function public.payout_statement to authenticated;
grant execute on function private.set_payout_settings to authenticated;
grant execute on function public.set_payout_settings to authenticated;
grant execute on function private.retire_connect_account to authenticated;
grant execute on function public.retire_connect_account to authenticated;
grant execute on function private.admin_hold_payout to authenticated;
grant execute on function public.admin_hold_payout to authenticated;
grant execute on function private.admin_release_payout to authenticated;
grant execute on function public.admin_release_payout to authenticated;
grant execute on function private.admin_cancel_payout to authenticated;
grant execute on function public.admin_cancel_payout to authenticated;
grant execute on function private.admin_adopt_transfer to authenticated;
grant execute on function public.admin_adopt_transfer to authenticated;
grant execute on function private.admin_hold_instructor to authenticated;
grant execute on function public.admin_hold_instructor to authenticated;
grant execute on function private.payout_statement_document to jobs;

-- sql/82_effects/20_bookings.sql
-- Effects: what follows when the status of a booking, a payment, a refund or a dispute changes, whoever changes it: a function, a
-- service or an admin in Studio.
--
-- Each table has one trigger, whose function is the ordered list of what follows; the order is the order of the lines. The called
-- functions live in their rooms. Amounts were decided before: a called function carries out what is stored with the row.
-- 20 to 50 are the tables of the money path; 60 is for organizations and logins.
--
-- Nobody calls this room: its triggers do. They are on tables of lower rooms, and lead up here: the one exception to the rule that a
-- room rests only on rooms with smaller numbers.
-- What must not happen is refused by the guards, which are triggers before the change and live with their tables.

-- What follows when a booking is made or changes its status.
-- Definer: whoever changes a booking may not write payments, credits and earnings.
create function private.on_booking_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    was_confirmed boolean;
begin
    if tg_op = 'INSERT' then
        perform private.add_booking_relations(new);
        return null;
    end if;
    if new.status = old.status then
        return null;
    end if;
    was_confirmed := old.status in ('confirmed', 'in_progress');

    if new.status = 'confirmed' then
        perform private.finish_redemption(new.id, null, 'redeemed');
        perform private.carry_payments(new);
        perform private.post_free_booking(new);
        perform private.refund_price_difference(new);

    elsif new.status = 'completed' then
        perform private.lock_booking_payments(new);
        perform private.capture_booking_payments(new);
        perform private.count_lesson(new);
        perform private.accrue_earning(new);
        perform private.grant_reward(new.id);
        perform private.consume_booking_minutes(new);

    elsif new.status = 'no_show' and new.no_show_by = 'learner' then
        perform private.capture_booking_payments(new);
        perform private.accrue_earning(new);
        perform private.consume_booking_minutes(new);

    elsif new.status = 'no_show' then
        perform private.accrue_earning(new);
        perform private.reverse_free_booking(new);
        perform private.refund_booking(new);
        perform private.cancel_replacement(new);
        perform private.consume_booking_minutes(new);

    elsif new.status = 'cancelled' and was_confirmed then
        perform private.accrue_earning(new);
        perform private.cancel_open_payment(new.id, null);
        perform private.free_seat(new);
        perform private.reverse_free_booking(new);
        if not new.is_rescheduled then
            perform private.refund_booking(new);
            perform private.cancel_replacement(new);
        end if;
        perform private.consume_booking_minutes(new);

    elsif new.status in ('cancelled', 'declined', 'expired') then
        perform private.cancel_open_payment(new.id, null);
        perform private.free_seat(new);
        perform private.refund_booking(new);
        perform private.restore_original_discount(new);
        perform private.consume_booking_minutes(new);
    end if;
    return null;
end;
$$;

create trigger on_booking_changed
    after insert or update of status on public.bookings
    for each row execute function private.on_booking_changed();

-- sql/82_effects/30_payments.sql
-- What follows when a payment is disputed or accepted, its amounts change, its money becomes available or Stripe cancels it.
-- Definer: whoever changes a payment may not write bookings, rewards, disputes, earnings and payouts.
create function private.on_payment_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.is_disputed <> old.is_disputed then
        perform private.refreeze_earnings(new.org_id, new.booking_id, new.id);
        if not new.is_disputed then
            perform private.cancel_undisputed_payouts(new);
        end if;
    end if;

    if (new.captured_cents, new.refunded_cents, new.lost_cents) <> (old.captured_cents, old.refunded_cents, old.lost_cents) then
        if new.booking_id is not null and old.captured_cents = 0 then
            perform private.grant_reward(new.booking_id);
        end if;
        perform private.claw_back_reward(new.id);
    end if;

    if (new.status, new.is_accepted) <> (old.status, old.is_accepted) and new.status in ('succeeded', 'unknown') then
        perform private.write_off_losses(new.id, private.clock());
    end if;

    if new.funds_available_at is distinct from old.funds_available_at then
        perform private.delay_earnings(new);
    end if;

    if new.status = 'cancelled' and old.status <> 'cancelled' then
        perform private.undo_cancelled_payment(new);
        if new.is_accepted then
            perform private.net_booking(new.id, null, null);
        end if;
    end if;
    return null;
end;
$$;

create trigger on_payment_changed
    after update of status, is_accepted, captured_cents, refunded_cents, lost_cents, is_disputed, funds_available_at on public.payments
    for each row execute function private.on_payment_changed();

-- sql/82_effects/40_refunds.sql
-- What follows when a refund succeeds or fails, also when it fails after it had succeeded. What disputes have cost is counted before
-- the booking is netted, because they cost only what was not refunded.
-- Definer: whoever changes a refund may not write credits, discounts, disputes and earnings.
create function private.on_refund_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.status = old.status then
        return null;
    end if;

    if new.status = 'succeeded' then
        perform private.finish_refund(new);
        perform private.count_losses(new.payment_id);
        perform private.net_booking(new.payment_id, new.id, null);
        perform private.write_off_losses(new.payment_id, private.clock());
        perform private.end_wait_for_refund(new);

    elsif new.status in ('failed', 'cancelled') then
        perform private.undo_failed_refund(new);
        if old.status = 'succeeded' then
            perform private.count_losses(new.payment_id);
            perform private.net_booking(new.payment_id, new.id, null);
            perform private.write_off_losses(new.payment_id, private.clock());
        end if;
    end if;
    return null;
end;
$$;

create trigger on_refund_changed
    after update of status on public.refunds
    for each row execute function private.on_refund_changed();

-- sql/82_effects/41_disputes.sql
-- What follows when a dispute takes money of a payment: the instructor's earning is adjusted where the instructor is liable.
-- Definer: whoever changes a dispute may not write earnings.
create function private.on_dispute_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.lost_cents <> old.lost_cents then
        perform private.net_booking(new.payment_id, null, new.id);
    end if;
    return null;
end;
$$;

create trigger on_dispute_changed
    after update of lost_cents on public.disputes
    for each row execute function private.on_dispute_changed();

-- sql/82_effects/50_credit_entries.sql
-- What follows when prepaid minutes expire, or are restored or refunded while disputes may have cost some of them. Entries are never changed.
-- Definer: whoever adds an entry may not write earnings and disputes.
create function private.on_credit_entry_added()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.kind = 'expire' then
        perform private.accrue_expiry(new);
    elsif new.kind in ('restore', 'refund', 'refund_failed') then
        perform private.write_off_minutes(new);
    end if;
    return null;
end;
$$;

create trigger on_credit_entry_added
    after insert on public.credit_entries
    for each row execute function private.on_credit_entry_added();

-- sql/82_effects/60_accounts.sql
-- A new organization gets the default cancellation policy. Definer: nobody writes policies directly.
create function private.on_organization_added()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.add_cancellation_policy(new);
    return null;
end;
$$;

create trigger on_organization_added
    after insert on public.organizations
    for each row execute function private.on_organization_added();

-- When a learner gets or loses a login, bookings and discounts count for the person. Definer: nobody writes them directly.
create function private.on_learner_login_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.user_id is distinct from old.user_id then
        perform private.set_learner_person(new);
    end if;
    return null;
end;
$$;

create trigger on_learner_login_changed
    after update of user_id on public.learners
    for each row execute function private.on_learner_login_changed();

-- When an instructor gets or loses a login, the calendar is the person's. Definer: nobody writes the calendar directly.
create function private.on_instructor_login_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.user_id is distinct from old.user_id then
        perform private.set_instructor_person(new);
    end if;
    return null;
end;
$$;

create trigger on_instructor_login_changed
    after update of user_id on public.instructors
    for each row execute function private.on_instructor_login_changed();

-- sql/85_webhooks/10_tables.sql
-- Webhooks: the inbox of Stripe's events. The Flask service verifies a webhook's signature and calls receive_stripe_event, which
-- stores, applies and marks the event in one transaction (20_receive.sql). Each kind of event is applied by the room that it
-- concerns: payments, refunds, disputes, connected accounts, payouts.
-- An event that cannot be applied is parked, never lost: jobs maintain tries again while what it is about may still become known,
-- and a platform admin can have it replayed (30_retry.sql). Errors that pass by themselves are raised, so that Stripe retries.
-- Statuses: received → processed | ignored | parked; a parked event may be received again. jobs doctor lists parked events.
-- Called by: webhook_service (receive_stripe_event), jobs maintain (apply_waiting_events), platform admins (admin_replay_event,
-- admin_dismiss_event).
create type private.event_status as enum ('received', 'processed', 'ignored', 'parked', 'failed');

create table private.webhook_events (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    provider text not null default 'stripe',
    event_id text not null,
    endpoint text not null,
    type text not null,
    account text,
    livemode boolean not null,
    api_version text,
    occurred_at timestamptz not null,
    status private.event_status not null default 'received',
    note text,
    attempts integer not null default 0,
    received_at timestamptz not null default private.clock(),
    processed_at timestamptz,
    primary key (org_id, id),
    unique (provider, event_id),
    constraint endpoint_is_known check (endpoint in ('platform', 'connect')),
    constraint finished_events_say_when check ((status = 'received') = (processed_at is null))
);

create index on private.webhook_events (provider, processed_at);
create index on private.webhook_events (received_at) where status in ('received', 'parked', 'failed');

comment on table private.webhook_events is
    'Every event that Stripe has sent, once, with its outcome. Rows are kept for ever; only the bodies are pruned.';
comment on column private.webhook_events.org_id is
    'Whose money or account it was about, as far as was known when it came; else the platform''s.';
comment on column private.webhook_events.status is
    'received: waits for jobs maintain to apply it; processed; ignored: does not concern us; parked: could not be applied, the note says why.';
comment on column private.webhook_events.note is
    'Why, as a code: a word of ours, or an SQLSTATE and the constraint that broke; never words of the event.';
comment on column private.webhook_events.occurred_at is 'When the event happened at Stripe, in whole seconds.';

create table private.webhook_event_bodies (
    org_id uuid not null,
    event_id uuid not null,
    received_at timestamptz not null,
    raw bytea not null,
    primary key (org_id, event_id, received_at),
    foreign key (org_id, event_id) references private.webhook_events (org_id, id) on delete restrict
) partition by range (received_at);

create table private.webhook_event_bodies_default partition of private.webhook_event_bodies default;

comment on table private.webhook_event_bodies is 'The bodies of events, byte for byte, partitioned by month so that old months can be dropped.';

alter table private.webhook_events enable row level security;
alter table private.webhook_event_bodies enable row level security;
alter table private.webhook_event_bodies_default enable row level security;

-- sql/85_webhooks/20_receive.sql
-- Stores a verified webhook, applies it and marks it with the outcome, in one transaction. A second delivery of the same event
-- waits for the first, even if they arrive together, and changes nothing; if the event was parked it is tried again, also one that
-- came to the wrong endpoint first and comes to the right one now.
-- Definer: the service has no access to the tables.
create function private.receive_stripe_event(
    p_endpoint text,
    p_event_id text,
    p_type text,
    p_account text,
    p_livemode boolean,
    p_api_version text,
    p_created_at timestamptz,
    p_raw bytea,
    p_payload text,
    p_expected_livemode boolean,
    p_expected_api_version text
)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    event private.webhook_events;
begin
    insert into private.webhook_events (org_id, event_id, endpoint, type, account, livemode, api_version, occurred_at)
    values (
        private.organization_of_event(p_payload, p_account),
        p_event_id, p_endpoint, p_type, p_account, p_livemode, p_api_version, p_created_at
    )
    on conflict (provider, event_id) do nothing
    returning * into event;

    if found then
        insert into private.webhook_event_bodies (org_id, event_id, received_at, raw)
        values (event.org_id, event.id, event.received_at, p_raw);
    else
        update private.webhook_events
        set endpoint = p_endpoint
        where provider = 'stripe'
            and event_id = p_event_id
            and status = 'parked'
            and (
                endpoint = p_endpoint
                or (note = 'wrong_endpoint' and account is not distinct from p_account)
            )
        returning * into event;
        if not found then
            return 'duplicate';
        end if;
    end if;

    return private.process_stripe_event(event, p_payload, p_expected_livemode, p_expected_api_version);
end;
$$;

comment on function private.receive_stripe_event is
    'Returns processed, ignored, parked or duplicate. p_raw is the body as bytes, p_payload the same body as text.';

-- The organization whose payment, payout or connected account an event is about; the platform, if it names none that is known,
-- or if its body is so deeply nested that Postgres refuses to parse it.
create function private.organization_of_event(p_payload text, p_account text)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    object jsonb;
begin
    if pg_input_is_valid(p_payload, 'jsonb') then
        object := p_payload::jsonb #> '{data,object}';
    end if;
    return coalesce(
        (
            select payment.org_id
            from public.payments payment
            where payment.stripe_payment_intent_id = case
                when object ->> 'object' = 'payment_intent' then object ->> 'id'
                else private.expandable_id(object -> 'payment_intent')
            end
        ),
        (
            select payment.org_id
            from public.payments payment
            where payment.id = private.uuid_or_null(object #>> '{metadata,payment_id}')
        ),
        (
            select payout.org_id
            from public.payouts payout
            where payout.id = private.uuid_or_null(object #>> '{metadata,payout_id}')
        ),
        (select account.org_id from public.stripe_connect_accounts account where account.stripe_account_id = p_account),
        private.platform_id()
    );
exception
    when statement_too_complex then
        return private.platform_id();
end;
$$;

-- Applies a stored event and marks it with the outcome, which it returns. The caller has locked the event's row.
create function private.process_stripe_event(
    p_event private.webhook_events,
    p_payload text,
    p_expected_livemode boolean,
    p_expected_api_version text
)
    returns text
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    outcome private.stripe_outcome := private.apply_or_park_event(p_event, p_payload, p_expected_livemode, p_expected_api_version);
begin
    update private.webhook_events
    set status = outcome.status::private.event_status,
        note = outcome.note,
        attempts = attempts + 1,
        processed_at = private.clock()
    where org_id = p_event.org_id
        and id = p_event.id;
    return outcome.status;
end;
$$;

-- Applies an event and returns the outcome. An event of the other mode (live or test) is ignored. One of an incompatible API version
-- is parked, since its fields may mean something else, and so is one that breaks a rule: Stripe would only send it again. Errors that
-- pass by themselves (connection, serialization, resources, operator intervention) are raised, so that Stripe retries.
-- The note of a parked event is a code: a word of ours, or the SQLSTATE and the broken constraint. What the database says in words
-- may quote the event, so it is not kept.
create function private.apply_or_park_event(
    p_event private.webhook_events,
    p_payload text,
    p_expected_livemode boolean,
    p_expected_api_version text
)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    broken_rule text;
    detail text;
begin
    if p_event.livemode is distinct from p_expected_livemode then
        return row('ignored', 'livemode_differs')::private.stripe_outcome;
    end if;
    if not private.is_api_compatible(p_event.api_version, p_expected_api_version) then
        return row('parked', 'api_version_differs')::private.stripe_outcome;
    end if;
    if not pg_input_is_valid(p_payload, 'jsonb') then
        return row('parked', 'body_is_no_jsonb')::private.stripe_outcome;
    end if;
    return private.apply_stripe_event(p_event, p_payload::jsonb #> '{data,object}');
exception
    when others then
        if sqlstate ~ '^(08|40|53|55|57|58)' then
            raise;
        end if;
        get stacked diagnostics broken_rule = constraint_name, detail = pg_exception_detail;
        if sqlstate like 'PT%' and pg_input_is_valid(detail, 'jsonb') then
            return row('parked', detail::jsonb ->> 'code')::private.stripe_outcome;
        end if;
        return row('parked', concat_ws(' ', sqlstate, nullif(broken_rule, '')))::private.stripe_outcome;
end;
$$;

-- Whether an event of this API version can be applied: of the expected one, or of a later monthly release of the same name, which adds
-- to it and changes nothing (2026-11-25.endive after 2026-10-28.endive).
create function private.is_api_compatible(p_version text, p_expected text)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        p_version = p_expected
        or (
            p_version ~ '^\d{4}-\d\d-\d\d\.\w+$'
            and p_expected ~ '^\d{4}-\d\d-\d\d\.\w+$'
            and split_part(p_version, '.', 2) = split_part(p_expected, '.', 2)
            and p_version collate "C" > p_expected collate "C"
        ),
        false
    );
$$;

-- Hands an event's object to the function that applies its type, in the room concerned. All other types are ignored.
create function private.apply_stripe_event(p_event private.webhook_events, p_object jsonb)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if (p_event.endpoint = 'connect') <> (p_event.account is not null) then
        return row('parked', 'wrong_endpoint')::private.stripe_outcome;
    end if;

    return case
        when p_event.endpoint = 'connect' then case
            when p_event.type = 'account.updated' then private.apply_account(p_object, p_event.occurred_at)
            when p_event.type = 'account.application.deauthorized'
                then private.apply_deauthorization(p_event.account, p_event.occurred_at)
            when p_event.type = 'capability.updated' then private.apply_capability(p_event.event_id, p_event.account)
            when p_event.type like 'payout.%' then private.apply_bank_payout(p_object, p_event.account, p_event.occurred_at)
            else row('ignored', null)::private.stripe_outcome
        end
        when p_event.type like 'payment_intent.%' then private.apply_payment_intent(p_object, p_event.occurred_at)
        when p_event.type like 'refund.%' then private.apply_refund(p_object, p_event.occurred_at)
        when p_event.type = 'charge.refund.updated' then private.apply_refund(p_object, p_event.occurred_at)
        when p_event.type like 'charge.dispute.%' then private.apply_dispute(p_object, p_event.occurred_at)
        when p_event.type = 'radar.early_fraud_warning.created' then private.apply_fraud_warning(p_object)
        when p_event.type like 'charge.%' then private.apply_charge(p_object)
        when p_event.type like 'transfer.%' then private.apply_transfer(p_object, p_event.occurred_at)
        when p_event.type like 'payout.%' then private.apply_platform_payout(p_object, p_event.occurred_at)
        when p_event.type like 'topup.%' then private.apply_top_up(p_object, p_event.occurred_at)
        else row('ignored', null)::private.stripe_outcome
    end;
end;
$$;

-- sql/85_webhooks/30_retry.sql
-- Applies stored events again, from their bodies, and returns how many are no longer parked. These are the events that an admin wants
-- replayed, and, for three days at growing intervals, those that arrived before their account, payment or transfer was known. Mode and
-- API version are taken as accepted. Called by jobs maintain.
create function private.apply_waiting_events()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    event private.webhook_events;
    raw bytea;
    applied integer := 0;
begin
    for event in
        select waiting.*
        from private.webhook_events waiting
        where waiting.status = 'received'
            or (
                waiting.status = 'parked'
                and waiting.note in ('unknown_account', 'unknown_payment', 'unknown_transfer')
                and waiting.received_at > private.clock() - interval '3 days'
                and waiting.processed_at <= private.clock() - interval '1 minute' * 2 ^ least(waiting.attempts, 9)
            )
        order by waiting.received_at, waiting.id
        limit 100
        for no key update skip locked
    loop
        select body.raw into raw
        from private.webhook_event_bodies body
        where body.org_id = event.org_id
            and body.event_id = event.id
            and body.received_at = event.received_at;

        if found and private.process_stripe_event(event, convert_from(raw, 'UTF8'), event.livemode, event.api_version) <> 'parked' then
            applied := applied + 1;
        end if;
    end loop;
    perform private.ignore_foreign_events();
    return applied;
end;
$$;

-- Marks as ignored what has waited in vain for three days and bears no metadata of ours: a refund, a dispute or an account of other
-- business on the same Stripe account. It could not be told at once from an event that comes before its payment is known.
create function private.ignore_foreign_events()
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update private.webhook_events event
    set status = 'ignored',
        note = 'not_ours'
    from private.webhook_event_bodies body
    where event.status = 'parked'
        and event.note in ('unknown_account', 'unknown_payment')
        and event.received_at <= private.clock() - interval '3 days'
        and body.org_id = event.org_id
        and body.event_id = event.id
        and body.received_at = event.received_at
        and not private.bears_our_metadata(convert_from(body.raw, 'UTF8')::jsonb #> '{data,object}');
$$;

-- Marks a parked event to be applied again by the next jobs maintain, even if its API version differs, for a platform admin. Not
-- applied here: it would run with the actor "user", who may not do what Stripe's events do.
-- Definer: no role may write events.
create function private.admin_replay_event(p_event_id text, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    event private.webhook_events;
begin
    perform private.require_platform_admin(p_reason);

    event := private.require_parked_event(p_event_id);
    if not exists (
        select
        from private.webhook_event_bodies body
        where body.org_id = event.org_id
            and body.event_id = event.id
            and body.received_at = event.received_at
    ) then
        perform private.refuse(
            'PT409', 'event_body_is_gone',
            'The body of that event has been pruned.',
            'Resend the event in Stripe''s Dashboard.'
        );
    end if;

    update private.webhook_events
    set status = 'received',
        processed_at = null
    where org_id = event.org_id
        and id = event.id;
    perform private.record_decision(
        'webhook_events', p_event_id,
        jsonb_build_object('status', event.status, 'note', event.note),
        jsonb_build_object('status', 'received')
    );
end;
$$;

-- Marks a parked event as ignored, for a platform admin who has decided that nothing follows from it.
-- Definer: no role may write events.
create function private.admin_dismiss_event(p_event_id text, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    event private.webhook_events;
begin
    perform private.require_platform_admin(p_reason);
    event := private.require_parked_event(p_event_id);

    update private.webhook_events
    set status = 'ignored',
        note = 'dismissed',
        processed_at = private.clock()
    where org_id = event.org_id
        and id = event.id;
    perform private.record_decision(
        'webhook_events', p_event_id,
        jsonb_build_object('status', event.status, 'note', event.note),
        jsonb_build_object('status', 'ignored', 'note', 'dismissed')
    );
end;
$$;

-- Returns a parked event, locked, or refuses.
create function private.require_parked_event(p_event_id text)
    returns private.webhook_events
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    event private.webhook_events;
begin
    select * into event
    from private.webhook_events
    where provider = 'stripe'
        and event_id = p_event_id
        and status in ('parked', 'failed')
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'event_not_found',
            'There is no parked event with that id.',
            'List the parked events with python -m jobs doctor or the saved query parked_webhooks.'
        );
    end if;
    return event;
end;
$$;

-- sql/85_webhooks/80_api.sql
create function public.admin_replay_event(p_event_id text, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_replay_event(p_event_id, p_reason);

comment on function public.admin_replay_event is
    'Marks a parked Stripe event (evt_…) to be applied again by the next jobs maintain; platform admins only. '
    'Errors: not_an_admin, reason_required, event_not_found, event_body_is_gone.';

create function public.admin_dismiss_event(p_event_id text, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_dismiss_event(p_event_id, p_reason);

comment on function public.admin_dismiss_event is
    'Marks a parked Stripe event (evt_…) as ignored, so that nobody has to look at it again; platform admins only. '
    'Errors: not_an_admin, reason_required, event_not_found.';

-- sql/85_webhooks/90_access.sql
grant execute on function private.receive_stripe_event to webhook_service;

grant execute on function private.admin_replay_event to authenticated;
grant execute on function public.admin_replay_event to authenticated;
grant execute on function private.admin_dismiss_event to authenticated;
grant execute on function public.admin_dismiss_event to authenticated;

-- sql/95_operations/20_maintain.sql
-- Operations: what keeps the system healthy, and the erasure of persons. It reads and changes tables of every room, so it is the last.
-- * 20_maintain.sql: periodic maintenance, called by `jobs maintain` every few minutes.
-- * 30_invariants.sql to 37_discounts_and_disputes.sql: everything that must always be true; `jobs doctor` lists violations, and
--   25_payday.sql keeps `jobs payouts` from paying while there are any.
-- * 40_needs_attention.sql: what is consistent, but waits for a person; `jobs doctor` lists it with the next step.
-- * 41_stripe_balance.sql: does Stripe hold what the ledger says? `jobs doctor` asks.
-- * 50_erase_person.sql, 51_erase_unlinked.sql, 52_anonymise.sql: anonymise people and keep the ledger; called by the people
--   themselves, by the platform's admins, and by schools for those without a login.

-- Periodic maintenance; every task is idempotent. Partitions are created first, so that this transaction holds no row locks while
-- it needs the lock on the table. Returns how many rows each task affected.
-- Definer: the job has no access to the tables.
create function private.maintain()
    returns table (task text, affected bigint)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
    set plan_cache_mode = force_custom_plan
as $$
begin
    return query
    select 'partitions_created',
        (private.create_month_partitions('public.audit_logs')
        + private.create_month_partitions('private.webhook_event_bodies'))::bigint
    union all
    select 'events_applied', private.apply_waiting_events()::bigint
    union all
    select 'stripe_fees_queued', private.enqueue_stripe_fees()::bigint
    union all
    select 'suspense_paid', private.pay_from_suspense()::bigint
    union all
    select 'refunds_recorded', private.post_recorded_refunds()::bigint
    union all
    select 'holds_expired', private.expire_holds()::bigint
    union all
    select 'purchases_expired', private.expire_purchases()::bigint
    union all
    select 'credits_expired', (select count(*) from private.expire_credits())
    union all
    select 'authorizations_voided', private.void_ageing_authorizations()::bigint
    union all
    select 'earnings_made_available', private.make_earnings_available(null, private.clock())::bigint;
end;
$$;

-- The first partitions; maintain() creates the next ones.
select private.create_month_partitions('public.audit_logs');
select private.create_month_partitions('private.webhook_event_bodies');

-- sql/95_operations/25_payday.sql
-- Returns the payout runs that are due, for the payout job, or refuses while an invariant is violated: what was paid out by mistake
-- may be impossible to get back.
-- Definer: the job has no access to the tables.
create function private.require_due_payout_runs(p_date date, p_org_id uuid)
    returns table (org_id uuid, org_name text, schedule public.payout_schedule, period_on date)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    select due.org_id, due.org_name, due.schedule, due.period_on
    from private.due_payout_runs(p_date, p_org_id) due;

    if exists (select from private.check_invariants()) then
        perform private.refuse(
            'PT409', 'invariants_are_broken',
            'Payouts are stopped because an invariant is violated.',
            'List the violations with python -m jobs doctor or the saved query invariants, and correct them first.'
        );
    end if;
end;
$$;

-- sql/95_operations/30_invariants.sql
-- Everything that must always be true and that SQL can check: one row for each violation, with the ids to look at; no row when all is
-- well. Called by `jobs doctor`, by the payout job before it pays, and by most tests. An invariant is one query below, whose first
-- column is its name; the functions that list violations stand in files 31 to 37, ordered by what they look at.
-- Definer: the jobs have no access to the tables.
create function private.check_invariants()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    select violation.invariant, violation.detail from private.violations_of_calendar() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_ledger() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_payments() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_earnings() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_payouts() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_credits() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_discounts() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_disputes() violation
    union all
    select violation.invariant, violation.detail from private.violations_of_records() violation;
end;
$$;

comment on function private.check_invariants is 'One row for each violation, with the ids to look at; no row when all is well.';

-- The inbox, the outbox and the audit log: no event or command is stuck, and every row of money has its audit entry.
create function private.violations_of_records()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'received_events_are_processed', jsonb_build_object('event_id', event.event_id)
    from private.webhook_events event
    where event.status = 'received'
        and event.received_at < private.clock() - interval '1 minute'

    union all
    select 'leases_end', jsonb_build_object('outbox_id', command.id)
    from private.outbox command
    where command.leased_until < private.clock() - interval '1 day'

    union all
    select 'rows_are_audited', jsonb_build_object('entity_type', kept.entity_type, 'entity_id', kept.id)
    from (
        select 'bookings' as entity_type, booking.id from public.bookings booking
        union all
        select 'payments', payment.id from public.payments payment
        union all
        select 'refunds', refund.id from public.refunds refund
        union all
        select 'earnings', earning.id from public.earnings earning
        union all
        select 'payouts', payout.id from public.payouts payout
    ) kept
    where not exists (
        select
        from public.audit_logs entry
        where entry.entity_type = kept.entity_type
            and entry.entity_id = kept.id::text
            and entry.action = 'insert'
    );
end;
$$;

-- sql/95_operations/31_calendar.sql
-- Slots and bookings: seats are counted, taken slots are in the calendar and where their bookings are, and nobody teaches or learns
-- in two places at once.
create function private.violations_of_calendar()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'seats_are_counted', jsonb_build_object('slot_id', slot.id, 'current_bookings', slot.current_bookings)
    from public.bookable_slots slot
    left join public.bookings booking
        on booking.org_id = slot.org_id
        and booking.slot_id = slot.id
        and private.occupies_slot(booking.status)
    group by slot.org_id, slot.id
    having count(booking.id) <> slot.current_bookings

    union all
    select 'taken_slots_are_in_the_calendar', jsonb_build_object('slot_id', slot.id)
    from public.bookable_slots slot
    where (slot.current_bookings > 0) <> exists (
        select
        from private.instructor_calendar calendar
        where calendar.org_id = slot.org_id
            and calendar.slot_id = slot.id
    )

    union all
    select 'bookings_are_where_their_slots_are', jsonb_build_object('booking_id', booking.id, 'slot_id', slot.id)
    from public.bookings booking
    join public.bookable_slots slot on slot.org_id = booking.org_id and slot.id = booking.slot_id
    where private.occupies_slot(booking.status)
        and (booking.start_at, booking.end_at, booking.service_id, booking.instructor_id)
        <> (slot.start_at, slot.end_at, slot.service_id, slot.instructor_id)

    union all
    select 'instructors_are_never_double_booked', jsonb_build_object('slot_id', slot.id, 'other_slot_id', other.id)
    from public.bookable_slots slot
    join public.instructors instructor on instructor.org_id = slot.org_id and instructor.id = slot.instructor_id
    join public.instructors same_person
        on coalesce(same_person.user_id, same_person.id) = coalesce(instructor.user_id, instructor.id)
    join public.bookable_slots other
        on other.instructor_id = same_person.id
        and other.start_at >= slot.start_at
        and other.start_at < slot.end_at
        and (other.start_at, other.id) > (slot.start_at, slot.id)
    where slot.current_bookings > 0
        and other.current_bookings > 0

    union all
    select 'learners_are_never_double_booked', jsonb_build_object('booking_id', booking.id, 'other_booking_id', other.id)
    from public.bookings booking
    join public.bookings other
        on other.learner_person_id = booking.learner_person_id
        and other.start_at >= booking.start_at
        and other.start_at < booking.end_at
        and (other.start_at, other.id) > (booking.start_at, booking.id)
    where not booking.is_group
        and not other.is_group
        and private.occupies_slot(booking.status)
        and private.occupies_slot(other.status);
end;
$$;

-- sql/95_operations/32_ledger.sql
-- The ledger by itself: every transaction sums to zero, a stored balance is the sum of its entries, and what is in suspense is what is
-- left of its items.
create function private.violations_of_ledger()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'ledger_transactions_sum_to_zero', jsonb_build_object('transaction_id', posted.id, 'kind', posted.kind)
    from private.ledger_transactions posted
    left join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
    group by posted.org_id, posted.id
    having count(entry.id) < 2 or sum(entry.amount_cents) <> 0

    union all
    select 'balances_are_sums_of_entries', jsonb_build_object('account_id', account.id, 'balance_cents', account.balance_cents)
    from private.ledger_accounts account
    left join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
    where account.owner_id is not null
    group by account.org_id, account.id
    having account.balance_cents <> coalesce(sum(entry.amount_cents), 0)

    union all
    select 'suspense_is_explained', jsonb_build_object(
        'org_id', booked.org_id, 'currency', booked.currency, 'ledger_cents', booked.cents, 'items_cents', explained.cents
    )
    from (
        select account.org_id, account.currency, -coalesce(sum(entry.amount_cents), 0) as cents
        from private.ledger_accounts account
        left join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
        where account.kind = 'suspense'
        group by account.org_id, account.currency
    ) booked
    cross join lateral (
        select coalesce(sum(private.left_in_suspense(item)), 0) as cents
        from private.suspense_items item
        where item.org_id = booked.org_id
            and item.currency = booked.currency
    ) explained
    where booked.cents <> explained.cents;
end;
$$;

-- sql/95_operations/33_payments.sql
-- Payments and refunds: each is posted to the ledger once, no more is refunded than was captured, and money that bought nothing
-- is refunded.
create function private.violations_of_payments()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'payments_are_posted_once', jsonb_build_object('payment_id', payment.id)
    from public.payments payment
    where (payment.status = 'succeeded') <> exists (
        select
        from private.ledger_transactions posted
        where posted.org_id = payment.org_id
            and posted.idempotency_key = format('payment:%s:succeeded', payment.id)
    )

    union all
    select 'refunds_are_posted_once', jsonb_build_object('refund_id', refund.id)
    from public.refunds refund
    where (refund.status = 'succeeded') <> (
        exists (
            select
            from private.ledger_transactions posted
            where posted.org_id = refund.org_id
                and posted.idempotency_key = format('refund:%s:succeeded', refund.id)
        )
        and not exists (
            select
            from private.ledger_transactions posted
            where posted.org_id = refund.org_id
                and posted.idempotency_key = format('refund:%s:failed', refund.id)
        )
    )

    union all
    select 'refunds_are_at_most_what_was_captured', jsonb_build_object('payment_id', payment.id)
    from public.payments payment
    join public.refunds refund on refund.org_id = payment.org_id and refund.payment_id = payment.id
    where payment.status = 'succeeded'
    group by payment.org_id, payment.id
    having payment.refunded_cents > payment.captured_cents
        or coalesce(sum(refund.amount_cents) filter (where refund.status = 'succeeded'), 0) <> payment.refunded_cents

    union all
    select 'paid_bookings_are_confirmed_or_refunded', jsonb_build_object('booking_id', booking.id, 'status', booking.status)
    from public.bookings booking
    where booking.status in ('confirmed', 'in_progress', 'completed')
        and booking.total_cents > booking.credit_applied_cents
        and not exists (
            select
            from public.payments payment
            where payment.org_id = booking.org_id
                and payment.booking_id = booking.id
                and payment.is_accepted
        )

    union all
    select 'payments_of_unconfirmed_bookings_are_refunded', jsonb_build_object('payment_id', payment.id)
    from public.payments payment
    join public.bookings booking on booking.org_id = payment.org_id and booking.id = payment.booking_id
    where payment.status = 'succeeded'
        and booking.status in ('held', 'requested', 'expired', 'declined')
        and not exists (
            select
            from public.refunds refund
            where refund.org_id = payment.org_id
                and refund.payment_id = payment.id
        )

    union all
    select 'unaccepted_payments_are_refunded', jsonb_build_object('payment_id', payment.id)
    from public.payments payment
    where payment.status = 'succeeded'
        and not payment.is_accepted
        and not payment.is_disputed
        and payment.lost_cents = 0
        and not exists (
            select
            from public.refunds refund
            where refund.org_id = payment.org_id
                and refund.payment_id = payment.id
        );
end;
$$;

-- sql/95_operations/34_earnings.sql
-- Earnings: a booking that has ended earned what its instructor keeps of it, and for each instructor and payee what the ledger owes
-- is what their earnings say.
create function private.violations_of_earnings()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'ended_bookings_are_earned', jsonb_build_object(
        'booking_id', booking.id, 'expected_cents', private.earned_share_cents(booking), 'earned_cents', earned.cents
    )
    from public.bookings booking
    cross join lateral (
        select coalesce(sum(earning.amount_cents), 0) as cents
        from public.earnings earning
        where earning.org_id = booking.org_id
            and earning.booking_id = booking.id
    ) earned
    where booking.status in ('completed', 'no_show', 'cancelled')
        and not booking.is_rescheduled
        and earned.cents <> private.earned_share_cents(booking)

    union all
    select 'frozen_earnings_have_a_cause', jsonb_build_object('earning_id', earning.id)
    from public.earnings earning
    where earning.status = 'frozen'
        and not private.has_freezing_cause(earning)

    union all
    select 'pending_agrees_with_payments_and_earnings', jsonb_build_object(
        'instructor_id', owed.instructor_id, 'currency', owed.currency,
        'expected_cents', owed.amount_cents, 'ledger_cents', owed.ledger_cents
    )
    from (
        select
            coalesce(account.owner_id, expected.instructor_id) as instructor_id,
            coalesce(account.currency, expected.currency) as currency,
            coalesce(expected.amount_cents, 0) as amount_cents,
            -coalesce(account.balance_cents, 0) as ledger_cents
        from (select * from private.ledger_accounts where kind = 'instructor_pending') account
        full join (
            select part.instructor_id, part.currency, sum(part.amount_cents)::bigint as amount_cents
            from (
                select payment.instructor_id, payment.currency, private.remaining_share_cents(payment) as amount_cents
                from public.payments payment
                where payment.status = 'succeeded'
                    and payment.kind = 'booking'
                union all
                select entry.instructor_id, credit.currency, entry.share_cents
                from public.credit_entries entry
                join public.learner_credits credit on credit.org_id = entry.org_id and credit.id = entry.credit_id
                where entry.kind in ('consume', 'expire')
                union all
                select booking.instructor_id, booking.currency, coalesce(booking.kept_share_cents, booking.instructor_share_cents)
                from public.bookings booking
                where booking.total_cents = 0
                    and booking.credit_applied_cents = 0
                    and booking.status in ('confirmed', 'in_progress', 'completed', 'no_show', 'cancelled')
                    and not exists (select from private.reserved_credit(booking.id))
                union all
                select earning.instructor_id, earning.currency, -earning.amount_cents
                from public.earnings earning
                where earning.status in ('available', 'paid', 'closed')
                    and earning.reversed_payout_id is null
                    and earning.adopted_transfer_id is null
                    and earning.kind <> 'write_off'
            ) part
            group by part.instructor_id, part.currency
        ) expected on expected.instructor_id = account.owner_id and expected.currency = account.currency
    ) owed
    where owed.amount_cents <> owed.ledger_cents

    union all
    select 'earnings_agree_with_the_ledger', jsonb_build_object(
        'payee_id', owed.payee_id, 'currency', owed.currency, 'earnings_cents', owed.amount_cents, 'ledger_cents', owed.ledger_cents
    )
    from (
        select
            coalesce(payable.owner_id, open_earning.payee_id) as payee_id,
            coalesce(payable.currency, open_earning.currency) as currency,
            coalesce(open_earning.amount_cents, 0) as amount_cents,
            -coalesce(payable.balance_cents, 0) as ledger_cents
        from (select * from private.ledger_accounts where kind = 'payee_payable') payable
        full join (
            select earning.payee_id, earning.currency, sum(earning.amount_cents)::bigint as amount_cents
            from public.earnings earning
            where earning.status = 'available'
                and earning.payout_id is null
            group by earning.payee_id, earning.currency
        ) open_earning on open_earning.payee_id = payable.owner_id and open_earning.currency = payable.currency
    ) owed
    where owed.amount_cents <> owed.ledger_cents

    union all
    select 'earnings_are_paid_by_their_payouts', jsonb_build_object('earning_id', earning.id, 'payout_id', earning.payout_id)
    from public.earnings earning
    join public.payouts payout on payout.org_id = earning.org_id and payout.id = earning.payout_id
    where (earning.status = 'paid') <> (payout.status in ('paid', 'reversed'))
        or not exists (
            select
            from public.payout_items item
            where item.org_id = payout.org_id
                and item.payout_id = payout.id
                and item.earning_id = earning.id
        );
end;
$$;

-- sql/95_operations/35_payouts.sql
-- Payouts: each is the sum of its items, its items are its earnings, and what was sent, reversed, adopted or is in transit is
-- in the ledger.
create function private.violations_of_payouts()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'payouts_are_sums_of_their_items', jsonb_build_object('payout_id', payout.id, 'amount_cents', payout.amount_cents)
    from public.payouts payout
    left join public.payout_items item on item.org_id = payout.org_id and item.payout_id = payout.id
    group by payout.org_id, payout.id
    having payout.amount_cents <> coalesce(sum(item.amount_cents), 0)

    union all
    select 'payout_items_are_their_earnings', jsonb_build_object('payout_id', item.payout_id, 'earning_id', item.earning_id)
    from public.payout_items item
    join public.earnings earning on earning.org_id = item.org_id and earning.id = item.earning_id
    join public.payouts payout on payout.org_id = item.org_id and payout.id = item.payout_id
    where item.amount_cents <> earning.amount_cents
        or (payout.status <> 'cancelled' and earning.payout_id is distinct from item.payout_id)

    union all
    select 'payouts_are_posted_once', jsonb_build_object('payout_id', payout.id, 'status', payout.status)
    from public.payouts payout
    where (payout.status in ('paid', 'reversed')) <> exists (
        select
        from private.ledger_transactions posted
        where posted.org_id = payout.org_id
            and posted.idempotency_key = format('payout:%s:paid', payout.id)
    )

    union all
    select 'reversals_are_posted', jsonb_build_object('payout_id', payout.id, 'reversed_cents', payout.reversed_cents)
    from public.payouts payout
    left join private.ledger_transactions posted
        on posted.org_id = payout.org_id
        and posted.source_type = 'payout'
        and posted.source_id = payout.id
        and posted.kind = 'payout_reversed'
    left join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id and entry.amount_cents > 0
    group by payout.org_id, payout.id
    having payout.reversed_cents <> coalesce(sum(entry.amount_cents), 0)

    union all
    select 'adopted_transfers_are_posted', jsonb_build_object('stripe_transfer_id', adopted.stripe_transfer_id)
    from private.unbooked_transfers adopted
    left join private.ledger_transactions posted
        on posted.org_id = adopted.org_id
        and posted.source_type = 'transfer'
        and posted.source_id = adopted.id
    left join private.ledger_accounts account on account.org_id = posted.org_id and account.kind = 'stripe_balance'
    left join private.ledger_entries entry
        on entry.org_id = posted.org_id
        and entry.transaction_id = posted.id
        and entry.account_id = account.id
    group by adopted.org_id, adopted.id
    having coalesce(sum(entry.amount_cents), 0)
        <> case when adopted.adopted_at is null then 0 else adopted.reversed_cents - adopted.amount_cents end

    union all
    select 'transit_agrees_with_unsettled_payouts', jsonb_build_object(
        'payee_id', transit.payee_id, 'payouts_cents', transit.amount_cents, 'ledger_cents', transit.ledger_cents
    )
    from (
        select
            coalesce(account.owner_id, unsettled.payee_id) as payee_id,
            coalesce(unsettled.amount_cents, 0) as amount_cents,
            -coalesce(account.balance_cents, 0) as ledger_cents
        from (select * from private.ledger_accounts where kind = 'payout_in_transit') account
        full join (
            select payout.payee_id, payout.currency, sum(payout.amount_cents)::bigint as amount_cents
            from public.payouts payout
            where payout.status not in ('paid', 'reversed', 'cancelled')
            group by payout.payee_id, payout.currency
        ) unsettled on unsettled.payee_id = account.owner_id and unsettled.currency = account.currency
    ) transit
    where transit.amount_cents <> transit.ledger_cents;
end;
$$;

-- sql/95_operations/36_credits.sql
-- Prepaid minutes: each lot counts what its entries moved, minutes are reserved only for bookings ahead, and the money of unused
-- minutes is in the ledger.
create function private.violations_of_credits()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'minutes_are_sums_of_their_entries', jsonb_build_object('credit_id', credit.id)
    from public.learner_credits credit
    left join lateral (
        select
            coalesce(sum(case entry.kind when 'reserve' then 1 when 'restore' then -1 when 'consume' then -1 else 0 end * entry.minutes), 0) as reserved,
            coalesce(sum(entry.minutes) filter (where entry.kind in ('consume', 'expire')), 0) as used,
            coalesce(sum(case entry.kind when 'refund' then 1 when 'dispute' then 1 when 'refund_failed' then -1 when 'dispute_reversed' then -1 else 0 end * entry.minutes), 0) as refunded,
            coalesce(
                sum(
                    case when entry.kind in ('reserve', 'refund', 'dispute', 'expire') then 1 when entry.kind in ('restore', 'refund_failed', 'dispute_reversed') then -1 else 0 end
                    * entry.share_cents
                ),
                0
            ) as share_cents
        from public.credit_entries entry
        where entry.credit_id = credit.id
    ) moved on true
    where (credit.minutes_reserved, credit.minutes_used, credit.minutes_refunded, credit.taken_share_cents)
        is distinct from (moved.reserved, moved.used, moved.refunded, moved.share_cents)

    union all
    select 'minutes_are_reserved_for_lessons_ahead', jsonb_build_object('booking_id', booking.id, 'status', booking.status)
    from public.bookings booking
    where booking.credit_applied_cents > 0
        and (booking.status in ('held', 'requested', 'confirmed', 'in_progress')) <> exists (
            select from private.reserved_credit(booking.id)
        )

    union all
    select 'prepaid_money_is_that_of_unused_minutes', jsonb_build_object(
        'currency', coalesce(unused.currency, posted.currency), 'minutes_cents', unused.cents, 'ledger_cents', posted.cents
    )
    from (
        select part.currency, sum(part.cents) as cents
        from (
            select payment.currency, payment.share_cents as cents
            from public.payments payment
            where payment.kind = 'credits'
                and payment.status = 'succeeded'
            union all
            select credit.currency, -entry.share_cents
            from public.credit_entries entry
            join public.learner_credits credit on credit.id = entry.credit_id
            left join public.refunds refund on refund.id = entry.refund_id
            where entry.kind in ('consume', 'expire', 'dispute')
                or (entry.kind = 'refund' and refund.status = 'succeeded')
            union all
            select credit.currency, entry.share_cents
            from public.credit_entries entry
            join public.learner_credits credit on credit.org_id = entry.org_id and credit.id = entry.credit_id
            where entry.kind = 'dispute_reversed'
            union all
            select dispute.currency, -dispute.lost_share_cents
            from public.disputes dispute
            join public.payments payment on payment.org_id = dispute.org_id and payment.id = dispute.payment_id
            where payment.kind = 'credits'
                and not payment.is_accepted
            union all
            select refund.currency, -refund.share_cents
            from public.refunds refund
            join public.payments payment on payment.org_id = refund.org_id and payment.id = refund.payment_id
            where payment.kind = 'credits'
                and not payment.is_accepted
                and refund.status = 'succeeded'
        ) part
        group by part.currency
    ) unused
    full join (
        select account.currency, -sum(entry.amount_cents) as cents
        from private.ledger_accounts account
        join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
        where account.kind = 'learner_prepaid'
        group by account.currency
    ) posted on posted.currency = unused.currency
    where coalesce(unused.cents, 0) <> coalesce(posted.cents, 0);
end;
$$;

-- sql/95_operations/37_discounts_and_disputes.sql
-- Codes and rewards: uses are counted, every discount has its redemption, and a referrer's rewards are in the ledger.
create function private.violations_of_discounts()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'uses_are_counted', jsonb_build_object('discount_code_id', code.id, 'uses_count', code.uses_count)
    from public.discount_codes code
    where code.uses_count <> (
        select count(*)
        from public.code_redemptions redemption
        where redemption.discount_code_id = code.id
            and redemption.status <> 'released'
    )

    union all
    select 'discounts_have_their_redemption', jsonb_build_object('booking_id', booking.id)
    from public.bookings booking
    where booking.discount_cents > 0
        and booking.credit_applied_cents = 0
        and booking.status in ('held', 'requested', 'confirmed', 'in_progress', 'completed')
        and booking.original_booking_id is null
        and not exists (
            select
            from public.code_redemptions redemption
            where redemption.org_id = booking.org_id
                and redemption.booking_id = booking.id
        )

    union all
    select 'rewards_agree_with_the_ledger', jsonb_build_object('learner_id', account.owner_id, 'ledger_cents', -account.balance_cents)
    from private.ledger_accounts account
    where account.kind = 'learner_rewards'
        and -account.balance_cents <> (
            select coalesce(sum(reward.amount_cents - reward.clawed_back_cents), 0)
            from public.referral_rewards reward
            where reward.referrer_id = account.owner_id
                and reward.currency = account.currency
        ) - (
            select coalesce(sum(redemption.discount_cents), 0)
            from public.code_redemptions redemption
            where redemption.learner_id = account.owner_id
                and redemption.currency = account.currency
                and redemption.kind = 'reward'
                and redemption.status = 'redeemed'
        );
end;
$$;

-- Disputes: what the bank has withdrawn is a claim in the ledger until the dispute is lost, and only a lost dispute costs anything.
create function private.violations_of_disputes()
    returns table (invariant text, detail jsonb)
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select 'claims_are_those_of_open_disputes', jsonb_build_object('dispute_id', dispute.id, 'claim_cents', claim.cents)
    from public.disputes dispute
    cross join lateral (
        select coalesce(sum(entry.amount_cents), 0) as cents
        from private.ledger_transactions posted
        join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
        join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
        where posted.org_id = dispute.org_id
            and posted.source_type = 'dispute'
            and posted.source_id = dispute.id
            and account.kind = 'dispute_receivable'
    ) claim
    where claim.cents <> case when private.is_dispute_lost(dispute.status) then 0 else dispute.withdrawn_cents end

    union all
    select 'only_lost_disputes_cost_anything', jsonb_build_object('dispute_id', dispute.id, 'lost_cents', dispute.lost_cents)
    from public.disputes dispute
    where dispute.lost_cents > case when private.is_dispute_lost(dispute.status) then greatest(dispute.withdrawn_cents, 0) else 0 end;
end;
$$;

-- sql/95_operations/40_needs_attention.sql
-- What violates no invariant but waits for a person: one row for each thing, with the next step.
-- Definer: the job has no access to the tables.
create function private.needs_attention()
    returns table (concern text, reference text, since timestamptz, detail text, next_step text)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        format('event_%s', event.status), event.event_id, event.received_at,
        concat_ws(', ', event.type, event.account, event.note),
        'Remove the cause, then call admin_replay_event with this id and a reason; or admin_dismiss_event, if nothing follows from it.'
    from private.webhook_events event
    where event.status in ('parked', 'failed');

    return query
    select
        'command_dead', command.id::text, command.dead_at, concat_ws(': ', command.topic, command.last_error),
        'Remove the cause, then call admin_replay_command with this id and a reason.'
    from private.outbox command
    where command.dead_at is not null;

    return query
    select
        'outbox_behind', null::text, min(command.available_at), format('%s commands have been due for more than an hour', count(*)),
        'Run python -m jobs outbox --watch under a supervisor that restarts it.'
    from private.outbox command
    where command.processed_at is null
        and command.dead_at is null
        and command.available_at < private.clock() - interval '1 hour'
        and coalesce(command.leased_until < private.clock(), true)
    having count(*) > 0;

    return query
    select
        'alert_open', alert.id::text, alert.created_at, concat_ws(': ', alert.code, alert.message),
        format('Look at %s %s, then call resolve_alert with this id.', alert.related_type, alert.related_id)
    from public.alerts alert
    where alert.resolved_at is null;

    return query
    select
        case when report.awaits_refund then 'refund_awaited' else 'problem_reported' end,
        report.id::text, coalesce(report.resolved_at, report.created_at),
        format('the earning of booking %s is frozen', report.booking_id),
        case
            when report.awaits_refund
                then 'Refund what was decided, for instance with admin_refund; or call admin_resolve_problem again, to pay the instructor.'
            else 'Decide with admin_resolve_problem, this id and a reason.'
        end
    from public.problem_reports report
    where report.resolved_at is null
        or report.awaits_refund;

    return query
    select
        'money_in_suspense', item.id::text, item.created_at,
        format('%s %s of %s', waiting.cents, item.currency, coalesce(item.stripe_payment_intent_id, item.refund_id::text)),
        'Refund it in Stripe''s Dashboard, or call admin_resolve_suspense with this id and a reason.'
    from private.suspense_items item
    cross join lateral (select private.left_in_suspense(item) as cents) waiting
    where waiting.cents <> 0;

    return query
    select
        'payout_unknown', payout.id::text, payout.last_tried_at, concat_ws(': ', payout.failure_code, payout.failure_message),
        'Transfer nothing by hand. Run python -m jobs payouts: it looks the transfer up. If it stays unknown, compare payout and transfer in Stripe.'
    from public.payouts payout
    where payout.status = 'unknown'
        and payout.last_tried_at < private.clock() - interval '1 hour';

    return query
    select
        'payout_held', payout.id::text, payout.updated_at, concat_ws(': ', payout.failure_code, payout.failure_message),
        'Once the cause is gone, call admin_release_payout with this id and a reason; otherwise admin_cancel_payout.'
    from public.payouts payout
    where payout.status = 'held'
        and payout.updated_at < private.clock() - interval '3 days';

    return query
    select
        'transfer_not_in_books', unbooked.stripe_transfer_id, unbooked.transferred_at,
        format('%s %s to %s: %s', unbooked.amount_cents, unbooked.currency, unbooked.destination, unbooked.cause),
        'Was the database restored? Compare the transfer in Stripe with the books, then call admin_adopt_transfer with this id and a reason.'
    from private.unbooked_transfers unbooked
    where unbooked.adopted_at is null;

    return query
    select
        'account_settles_in_another_currency', account.stripe_account_id, account.last_event_at,
        format('%s instead of %s', account.default_currency, organization.currency),
        'Stripe converts every payout to this payee, at the payee''s cost. Ask the payee to add a bank account in the organization''s currency.'
    from public.stripe_connect_accounts account
    join public.organizations organization on organization.id = account.org_id
    where account.retired_at is null
        and account.status = 'ready'
        and account.default_currency <> organization.currency;

    return query
    select
        'webhooks_silent', expected.endpoint, latest.received_at,
        format('no event since, although %s on %s', expected.what, to_char(expected.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI UTC')),
        'Check this endpoint in Stripe''s Dashboard: its URL, its secret, its event types and the failed deliveries.'
    from (
        select 'platform' as endpoint, 'a payment was begun' as what, max(payment.created_at) as at
        from public.payments payment
        where payment.stripe_payment_intent_id is not null
            and payment.created_at < private.clock() - interval '1 day'
        union all
        select 'connect', 'a payout was paid', max(payout.paid_at)
        from public.payouts payout
        where payout.paid_at < private.clock() - interval '7 days'
    ) expected
    left join lateral (
        select max(event.received_at) as received_at
        from private.webhook_events event
        where event.endpoint = expected.endpoint
    ) latest on true
    where coalesce(latest.received_at < expected.at, expected.at is not null);
end;
$$;

comment on function private.needs_attention is
    'Parked events, dead commands, a late outbox, open alerts, reported problems, money in suspense, payouts that are held or unknown for '
    'long, transfers that the books lack, accounts that settle in another currency, endpoints without events.';

-- Payout runs that nobody works on, for `jobs doctor`: paydays that began twelve hours ago and have no run, although a run could have
-- paid somebody twelve hours ago; and open runs without a heartbeat for an hour.
-- Definer: the job has no access to the tables.
create function private.overdue_paydays()
    returns table (org_id uuid, org_name text, schedule public.payout_schedule, period_on date, heartbeat_at timestamptz)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select due.org_id, due.org_name, due.schedule, due.period_on, run.heartbeat_at
    from private.due_payout_runs(null, null) due
    join public.organizations organization on organization.id = due.org_id
    left join public.payout_runs run
        on run.org_id = due.org_id
        and run.schedule = due.schedule
        and run.period_on = due.period_on
        and run.status = 'open'
    where case
        when run.id is not null then run.heartbeat_at < private.clock() - interval '1 hour'
        else (due.period_on::timestamp at time zone organization.time_zone) < private.clock() - interval '12 hours'
            and private.has_payouts_due(
                due.org_id,
                due.schedule,
                least(private.payout_cutoff(due.org_id, due.period_on), private.clock() - interval '12 hours')
            )
    end;
$$;

-- The currencies in which the platform's Stripe account has to settle, for `jobs doctor`: those of organizations with payments.
-- Definer: the job has no access to the tables.
create function private.traded_currencies()
    returns table (currency text)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select distinct organization.currency
    from public.organizations organization
    where exists (select from public.payments payment where payment.org_id = organization.id)
    order by organization.currency;
$$;

-- sql/95_operations/41_stripe_balance.sql
-- The currencies in which Stripe's balance (p_balance, as Stripe answers) is not what the ledger says it is, for `jobs doctor`. The balance
-- is the sum of what is available, pending and reserved for connected accounts. A difference that what is on its way may explain
-- is none: that amount is on_the_way_cents.
-- Definer: the job has no access to the tables.
create function private.compare_stripe_balance(p_balance jsonb)
    returns table (currency text, stripe_cents bigint, ledger_cents bigint, on_the_way_cents bigint)
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    with held as (
        select funds ->> 'currency' as currency, sum((funds ->> 'amount')::bigint)::bigint as cents
        from unnest(array['available', 'pending', 'connect_reserved']) part
        cross join jsonb_array_elements(p_balance -> part) funds
        group by 1
    ),

    booked as (
        select account.currency, sum(entry.amount_cents)::bigint as cents
        from private.ledger_accounts account
        join private.ledger_entries entry on entry.org_id = account.org_id and entry.account_id = account.id
        where account.kind = 'stripe_balance'
        group by account.currency
    ),

    compared as (
        select
            coalesce(held.currency, booked.currency) as currency,
            coalesce(held.cents, 0) as stripe_cents,
            coalesce(booked.cents, 0) as ledger_cents
        from held
        full join booked on booked.currency = held.currency
    )

    select compared.currency, compared.stripe_cents, compared.ledger_cents, private.on_the_way_cents(compared.currency)
    from compared
    where compared.stripe_cents <> compared.ledger_cents
        and abs(compared.stripe_cents - compared.ledger_cents) > private.on_the_way_cents(compared.currency)
    order by compared.currency;
end;
$$;

-- The most by which Stripe's balance and the ledger may differ for a while: payments and suspense items whose fee is not known yet,
-- payments to be captured, refunds and transfers that Stripe may have made, and reversals that wait in the outbox.
create function private.on_the_way_cents(p_currency text)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(sum(moving.cents), 0)::bigint
        from (
            select payment.amount_cents as cents
            from public.payments payment
            where payment.currency = p_currency
                and payment.status = 'succeeded'
                and payment.processing_fee_cents is null
            union all
            select abs(item.amount_cents)
            from private.suspense_items item
            where item.currency = p_currency
                and item.stripe_payment_intent_id is not null
                and item.processing_fee_cents is null
                and item.resolution is distinct from 'payment'
            union all
            select payment.amount_cents
            from public.payments payment
            join private.outbox command
                on command.org_id = payment.org_id
                and command.idempotency_key = format('payment:%s:capture', payment.id)
            where payment.currency = p_currency
                and payment.status = 'authorized'
            union all
            select refund.amount_cents
            from public.refunds refund
            where refund.currency = p_currency
                and refund.status in ('pending', 'requires_action')
            union all
            select payout.amount_cents
            from public.payouts payout
            where payout.currency = p_currency
                and payout.status in ('sending', 'unknown')
            union all
            select payout.amount_cents
            from private.outbox command
            join public.payouts payout
                on payout.org_id = command.org_id
                and payout.id = (command.payload ->> 'payout_id')::uuid
            where command.topic = 'reverse_transfer'
                and command.processed_at is null
                and payout.currency = p_currency
        ) moving
    );
end;
$$;

-- sql/95_operations/50_erase_person.sql
-- Anonymises a person in every organization: names, addresses, contacts and notes go, amounts and times stay for the books. Called by
-- the person, or by a platform admin with a reason. Only afterwards can the login be deleted from auth.users.
-- Definer: changes tables of every room.
create function private.erase_person(p_user_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    learner_ids uuid[];
    instructor_ids uuid[];
begin
    if p_user_id is distinct from private.require_person() then
        perform private.require_platform_admin(p_reason);
    end if;
    perform private.assert_person_can_be_erased(p_user_id);

    learner_ids := array(select learner.id from public.learners learner where learner.user_id = p_user_id for update);
    instructor_ids := array(select instructor.id from public.instructors instructor where instructor.user_id = p_user_id for update);
    perform private.assert_nothing_is_outstanding(learner_ids, instructor_ids, p_user_id);

    delete from public.organization_members where user_id = p_user_id;
    perform private.anonymise_instructor(instructor_id) from unnest(instructor_ids) instructor_id;
    perform private.anonymise_learner(learner_id) from unnest(learner_ids) learner_id;
    perform private.anonymise_guardian(guardian.id) from public.guardians guardian where guardian.user_id = p_user_id;
    perform private.withdraw_offers(p_user_id);

    update public.profiles
    set email = null,
        full_name = null,
        display_name = 'Erased person',
        first_name = null,
        last_name = null,
        phone = null,
        avatar_url = null,
        external_id = null
    where id = p_user_id;
end;
$$;

-- Refuses if there is no such person, or if the person is a platform admin.
create function private.assert_person_can_be_erased(p_user_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not exists (select from public.profiles profile where profile.id = p_user_id) then
        perform private.refuse(
            'PT404', 'person_not_found',
            'There is no person with that id.',
            'Check the id.'
        );
    end if;
    if exists (select from private.platform_admins admin where admin.user_id = p_user_id) then
        perform private.refuse(
            'PT409', 'is_platform_admin',
            'This person is a platform admin.',
            'Delete their row from private.platform_admins in Studio first.'
        );
    end if;
end;
$$;

-- Refuses if these learners and instructors have lessons ahead or prepaid hours, or if money is on its way to them or to this payer.
create function private.assert_nothing_is_outstanding(p_learner_ids uuid[], p_instructor_ids uuid[], p_payer_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if exists (
        select
        from public.bookings booking
        where booking.status in ('held', 'requested', 'confirmed', 'in_progress')
            and (booking.learner_id = any (p_learner_ids) or booking.instructor_id = any (p_instructor_ids))
    ) then
        perform private.refuse(
            'PT409', 'lessons_ahead',
            'This person has lessons that have not taken place.',
            'Complete or cancel them first.'
        );
    end if;
    if exists (
        select
        from public.learner_credits credit
        where credit.minutes_left > 0
            and credit.status in ('pending', 'active', 'frozen')
            and (credit.learner_id = any (p_learner_ids) or credit.instructor_id = any (p_instructor_ids))
    ) then
        perform private.refuse(
            'PT409', 'hours_left',
            'This person has unused prepaid hours.',
            'Use them, or refund them with refund_credits.'
        );
    end if;
    if private.has_money_on_the_way(p_learner_ids, p_instructor_ids, p_payer_id) then
        perform private.refuse(
            'PT409', 'money_on_the_way',
            'Money of this person is still on its way.',
            'Wait for the next payout, for the refund, or for the end of the dispute.'
        );
    end if;
end;
$$;

-- Is there an earning to pay out, a refund that is not finished, a discount reserved for a payment that may still come, or an open
-- dispute?
create function private.has_money_on_the_way(p_learner_ids uuid[], p_instructor_ids uuid[], p_payer_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.earnings earning
        where earning.instructor_id = any (p_instructor_ids)
            and earning.status not in ('paid', 'closed')
    ) or exists (
        select
        from public.refunds refund
        join public.payments payment on payment.org_id = refund.org_id and payment.id = refund.payment_id
        where (payment.payer_id = p_payer_id or payment.learner_id = any (p_learner_ids))
            and refund.status in ('requested', 'pending', 'requires_action')
    ) or exists (
        select
        from public.code_redemptions redemption
        where redemption.learner_id = any (p_learner_ids)
            and redemption.status = 'reserved'
    ) or exists (
        select
        from public.disputes dispute
        join public.payments payment on payment.org_id = dispute.org_id and payment.id = dispute.payment_id
        where dispute.closed_at is null
            and (
                payment.payer_id = p_payer_id
                or payment.learner_id = any (p_learner_ids)
                or payment.instructor_id = any (p_instructor_ids)
            )
    );
$$;

-- Withdraws guardianships and invitations offered to a person, and erases the address that they were offered to.
create function private.withdraw_offers(p_user_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.learner_guardians
    set revoked_at = coalesce(revoked_at, private.clock()),
        guardian_email = 'erased@invalid',
        relation = null
    where guardian_id is null
        and lower(guardian_email) = private.verified_email(p_user_id);
    update public.invitations
    set email = 'erased@invalid',
        revoked_at = case when accepted_at is null then coalesce(revoked_at, private.clock()) end
    where accepted_by = p_user_id
        or lower(email) = private.verified_email(p_user_id);
$$;

-- sql/95_operations/51_erase_unlinked.sql
-- Anonymises a learner who has no login, as erase_person does, for the school's admins.
-- Definer: changes tables of every room.
create function private.erase_learner(p_learner_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    learner public.learners;
begin
    perform private.require_person();
    select * into learner
    from public.learners
    where id = p_learner_id
        and org_id = any (private.my_admin_org_ids())
    for update;

    if not found then
        perform private.refuse(
            'PT404', 'learner_not_found',
            'Your organization has no such learner.',
            'Check the id.'
        );
    end if;
    if learner.user_id is not null then
        perform private.refuse_to_erase_login();
    end if;
    perform private.assert_nothing_is_outstanding(array[learner.id], '{}', null);
    perform private.anonymise_learner(learner.id);
end;
$$;

-- Anonymises an instructor who has no login, as erase_person does, for the school's admins.
-- Definer: changes tables of every room.
create function private.erase_instructor(p_instructor_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    perform private.require_person();
    select * into instructor
    from public.instructors
    where id = p_instructor_id
        and org_id = any (private.my_admin_org_ids())
    for update;

    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'Your organization has no such instructor.',
            'Check the id.'
        );
    end if;
    if instructor.user_id is not null then
        perform private.refuse_to_erase_login();
    end if;
    perform private.assert_nothing_is_outstanding('{}', array[instructor.id], null);
    perform private.anonymise_instructor(instructor.id);
end;
$$;

-- Refuses: a school may erase only those who cannot do it themselves.
create function private.refuse_to_erase_login()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'has_a_login',
        'This person has a login of their own.',
        'Ask the person, or a platform admin, to call erase_person.'
    );
end;
$$;

-- sql/95_operations/52_anonymise.sql
-- Erases an instructor's name, contacts, notes and windows, and unlinks the login. Lessons and money stay.
create function private.anonymise_instructor(p_instructor_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.booking_notes set notes = null where instructor_id = p_instructor_id;
    update public.lessons set notes = null where instructor_id = p_instructor_id;
    update public.instructor_details set phone = null, license_id = null where instructor_id = p_instructor_id;
    update public.services
    set description = null,
        short_description = null,
        prerequisites = null,
        materials_url = null,
        is_active = false
    where instructor_id = p_instructor_id;
    update public.connect_account_details details
    set requirements = null,
        business_profile = null
    from public.stripe_connect_accounts account
    where account.org_id = details.org_id
        and account.id = details.connect_account_id
        and account.instructor_id = p_instructor_id;
    delete from public.availability_exceptions where instructor_id = p_instructor_id;
    delete from public.availability_windows where instructor_id = p_instructor_id;
    update public.instructors
    set display_name = 'Erased instructor',
        bio = null,
        expertise_areas = '{}',
        is_active = false,
        is_available = false,
        user_id = null
    where id = p_instructor_id;
$$;

-- Erases a learner's name, contacts, places, notes and reasons, unlinks the login, and deactivates the learner's referral codes.
-- Lessons and money stay.
create function private.anonymise_learner(p_learner_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.bookings
    set learner_notes = null,
        pickup_address = null,
        pickup_lat = null,
        pickup_lng = null,
        dropoff_address = null,
        dropoff_lat = null,
        dropoff_lng = null,
        cancellation_reason = null
    where learner_id = p_learner_id;
    update public.booking_notes note
    set notes = null
    from public.bookings booking
    where booking.org_id = note.org_id
        and booking.id = note.booking_id
        and booking.learner_id = p_learner_id;
    update public.refunds set reason = 'Erased' where learner_id = p_learner_id and requested_by is not null;
    update public.referral_codes set is_active = false where referrer_id = p_learner_id and is_active;
    update public.lessons set review = null, notes = null where learner_id = p_learner_id;
    update public.learner_details set date_of_birth = null, notes = null where learner_id = p_learner_id;
    update public.learner_guardians
    set revoked_at = coalesce(revoked_at, private.clock()),
        guardian_email = 'erased@invalid',
        relation = null
    where learner_id = p_learner_id;
    update public.learners
    set full_name = 'Erased learner',
        email = null,
        phone = null,
        learning_goals = '{}',
        interests = '{}',
        user_id = null
    where id = p_learner_id;
$$;

-- Erases a guardian's name and contacts, revokes every guardianship, and unlinks the login.
create function private.anonymise_guardian(p_guardian_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    update public.learner_guardians
    set revoked_at = coalesce(revoked_at, private.clock()),
        guardian_email = 'erased@invalid',
        relation = null
    where guardian_id = p_guardian_id;
    update public.guardians
    set full_name = 'Erased guardian',
        phone = null,
        email = 'erased@invalid',
        user_id = null
    where id = p_guardian_id;
$$;

-- sql/95_operations/80_api.sql
create function public.erase_person(p_user_id uuid, p_reason text default null)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.erase_person(p_user_id, p_reason);

comment on function public.erase_person is
    'Anonymises a person and keeps amounts and times; for oneself, or with p_reason for platform admins. The login can be deleted afterwards. '
    'Errors: sign_in_required, not_an_admin, reason_required, person_not_found, is_platform_admin, lessons_ahead, hours_left, '
    'money_on_the_way, last_owner.';

create function public.erase_learner(p_learner_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.erase_learner(p_learner_id);

comment on function public.erase_learner is
    'Anonymises a learner without a login and keeps amounts and times; for the school''s admins. '
    'Errors: sign_in_required, learner_not_found, has_a_login, lessons_ahead, hours_left, money_on_the_way.';

create function public.erase_instructor(p_instructor_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.erase_instructor(p_instructor_id);

comment on function public.erase_instructor is
    'Anonymises an instructor without a login and keeps amounts and times; for the school''s admins. '
    'Errors: sign_in_required, instructor_not_found, has_a_login, lessons_ahead, hours_left, money_on_the_way.';

-- sql/95_operations/90_access.sql
grant execute on function private.require_due_payout_runs to jobs;
grant execute on function private.check_invariants to jobs;
grant execute on function private.overdue_paydays to jobs;
grant execute on function private.needs_attention to jobs;
grant execute on function private.traded_currencies to jobs;
grant execute on function private.compare_stripe_balance to jobs;
grant execute on function private.maintain to jobs;

grant execute on function private.erase_person to authenticated;
grant execute on function public.erase_person to authenticated;
grant execute on function private.erase_learner to authenticated;
grant execute on function public.erase_learner to authenticated;
grant execute on function private.erase_instructor to authenticated;
grant execute on function public.erase_instructor to authenticated;
