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
    constraint title_is_readable check (private.is_line(title)),
    constraint description_is_short check (length(description) <= 20000),
    constraint short_description_is_short check (length(short_description) <= 500),
    constraint tags_are_short check (private.tags_are_valid(topic_tags)),
    constraint duration_is_in_quarters check (duration_minutes between 15 and 1440 and duration_minutes % 15 = 0),
    constraint price_can_be_charged check (price_cents between 0 and 50000000),
    constraint prerequisites_are_short check (length(prerequisites) <= 5000),
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
create index services_of_any_instructor on public.services ((case when instructor_id is null then org_id end));

comment on table public.services is 'A lesson on offer: title, length and price.';
comment on column public.services.instructor_id is 'The instructor who gives the lesson; null when any instructor of the school may.';
comment on column public.services.price_cents is
    'List price of the whole lesson, in the minor unit, before a fee on top; null means the hourly rate times the duration.';
comment on column public.services.max_participants is 'Seats of a group lesson; 1 means a private lesson.';
comment on column public.services.requires_approval is
    'Whether a booking starts as a request, which the instructor confirms before the learner pays.';
comment on column public.services.approval_hours is
    'Hours within which the instructor must answer a request, and the learner must pay once it is confirmed.';

create table public.service_materials (
    service_id uuid not null unique,
    org_id uuid not null,
    instructor_id uuid,
    materials_url text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, service_id),
    foreign key (org_id, service_id) references public.services (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint materials_url_is_a_link check (materials_url ~ '^https?://' and length(materials_url) <= 2000)
);

create index on public.service_materials (instructor_id);

comment on table public.service_materials is
    'What a service is taught with: for its instructor and the school''s admins, and by lesson_materials for who has booked it. One row for '
    'each service.';

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
    constraint name_is_readable check (private.is_line(name)),
    constraint dates_are_plausible check (private.is_plausible_date(valid_from) and private.is_plausible_date(valid_to)),
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
    unique (org_id, rate_card_id, service_id),
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
alter table public.service_materials enable row level security;
alter table public.rate_cards enable row level security;
alter table public.rate_card_items enable row level security;

create trigger touch_updated_at
    before update on public.services
    for each row execute function private.touch_updated_at();

select private.audit_table('public.services', 'id', '{description,short_description,prerequisites}');

create trigger touch_updated_at
    before update on public.service_materials
    for each row execute function private.touch_updated_at();

select private.audit_table('public.service_materials', 'service_id', '{materials_url}');

create trigger touch_updated_at
    before update on public.rate_cards
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.rate_card_items
    for each row execute function private.touch_updated_at();

select private.audit_table('public.rate_cards', 'id');

select private.audit_table('public.rate_card_items', 'id');
