create table public.services (
    id uuid primary key default gen_random_uuid(),
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
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    unique (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint title_is_short check (length(title) between 1 and 200),
    constraint description_is_short check (length(description) <= 20000),
    constraint short_description_is_short check (length(short_description) <= 500),
    constraint tags_are_short check (cardinality(topic_tags) <= 50 and pg_column_size(topic_tags) <= 8192),
    constraint duration_is_in_quarters check (duration_minutes between 15 and 1440 and duration_minutes % 15 = 0),
    constraint price_can_be_charged check (price_cents between 0 and 50000000),
    constraint prerequisites_are_short check (length(prerequisites) <= 5000),
    constraint materials_url_is_a_link check (materials_url ~ '^https?://' and length(materials_url) <= 2000),
    constraint group_is_of_reasonable_size check (max_participants between 1 and 500)
);

create unique index title_is_unique_per_instructor
    on public.services (org_id, instructor_id, lower(title)) nulls not distinct;
create index on public.services (org_id, is_active);
create index on public.services (instructor_id);
create index on public.services (is_active) where is_active;
create index on public.services using gin (topic_tags);
create index on public.services (currency);

comment on table public.services is 'What can be booked: title, length and price.';
comment on column public.services.instructor_id is 'Who gives it; null for any instructor of the school.';
comment on column public.services.price_cents is
    'Price of the whole lesson before the fee on top, in the minor unit; null for the hourly rate times the duration.';
comment on column public.services.max_participants is 'Seats of a group lesson; 1 is a lesson for one learner.';

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
