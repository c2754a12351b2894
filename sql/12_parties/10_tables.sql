-- 12_parties: who teaches (instructors), who is taught (learners), and who answers for a learner (guardians).
--
--   20_instructors       become an instructor of the marketplace, be added by a school, be verified, be found
--   30_learners          be added by a school, set a date of birth
--   31_bookable_learner  for whom the caller may book; joins the marketplace with the first booking; one request at a time
--   40_guardians         offer a guardianship to an address, consent to it, revoke it
--   50_callers           my_…_ids: which of these rows belong to the caller; asked by the policies of every later room
--   70_consent           who is a minor, and whether a guardian has consented
--
-- What fewer may see is in a second table (…_details, learner_contacts), because policies choose rows, not columns.
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
    avatar_url text,
    area text,
    area_lat numeric,
    area_lng numeric,
    facets jsonb not null default '{}',
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, user_id),
    constraint the_platform_has_no_people check (org_id <> private.platform_id()),
    constraint display_name_is_short check (length(display_name) between 1 and 200),
    constraint display_name_is_readable check (private.is_line(display_name)),
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
    constraint avatar_url_is_a_link check (private.is_link(avatar_url)),
    constraint area_is_short check (length(area) between 1 and 200),
    constraint area_is_readable check (private.is_line(area)),
    constraint area_is_on_earth check (area_lat between -90 and 90 and area_lng between -180 and 180),
    constraint coordinates_are_a_pair check ((area_lat is null) = (area_lng is null)),
    constraint facets_are_lists_of_words check (private.facets_are_valid(facets)),
    constraint rating_is_one_to_five check (rating between 1 and 5),
    constraint counts_are_not_negative check (rating_count >= 0 and lesson_count >= 0)
);

create index on public.instructors (org_id, is_active);
create index on public.instructors (user_id);
create index listed_instructors on public.instructors (org_id, id) where is_active and verification_status = 'verified';
create index on public.instructors (currency);
create index on public.instructors using gin (expertise_areas);
create index on public.instructors using gin (display_name extensions.gin_trgm_ops);
create index on public.instructors using gin (facets jsonb_path_ops);
create index on public.instructors (area_lat);
create index best_rated_instructors
    on public.instructors ((-coalesce(rating, 0)), id)
    where is_active and is_available and verification_status = 'verified';

comment on table public.instructors is
    'Who teaches and is paid: the columns that everybody may see. The private ones are in instructor_details.';
comment on column public.instructors.user_id is
    'The instructor''s login; null while a school manages the instructor. It has an instructor''s rights while it is a member with that role.';
comment on column public.instructors.hourly_rate_cents is 'Price of 60 minutes, without the platform''s fee that may be added on top.';
comment on column public.instructors.is_active is 'False: not listed, and new bookings are refused. Set by the school.';
comment on column public.instructors.is_available is 'False: new bookings are refused for now. Set by the instructor.';
comment on column public.instructors.verification_status is
    'What the platform has decided about this login and this name; with another login or name a verified instructor is pending again.';
comment on column public.instructors.avatar_url is 'A photo that everybody may see.';
comment on column public.instructors.area is 'Where lessons take place, in words for everybody, such as a part of a town; never an address.';
comment on column public.instructors.area_lat is
    'Where about that is. Only two decimals are kept, a kilometre or so, whatever is sent: an exact place is never stored.';
comment on column public.instructors.facets is
    'What learners choose by, as lists of words: {"languages": ["en", "pl"], "transmission": ["manual"]}. The organization''s labels name '
    'the keys and words for people.';
comment on column public.instructors.rating is
    'What learners say, from 1 to 5: each learner counts once, with the average of their ratings. Null: nobody has rated.';
comment on column public.instructors.rating_count is 'How many learners have rated.';
comment on column public.instructors.daily_cap is 'Most lessons on one local day; null: no limit.';
comment on column public.instructors.lesson_count is 'Completed lessons that earned something; maintained by the database.';
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
    constraint texts_are_readable check (private.is_line(phone) and private.is_line(license_id)),
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
    constraint full_name_is_readable check (private.is_line(full_name)),
    constraint goals_are_short check (
        cardinality(learning_goals) <= 50 and pg_column_size(learning_goals) <= 8192
        and cardinality(interests) <= 50 and pg_column_size(interests) <= 8192
    ),
    constraint goals_are_lines check (private.are_lines(learning_goals) and private.are_lines(interests)),
    constraint duration_is_in_quarters check (
        preferred_duration_minutes between 15 and 1440 and preferred_duration_minutes % 15 = 0
    )
);

create index on public.learners (org_id, full_name);
create index on public.learners (user_id);

comment on table public.learners is
    'Who is taught, within one organization. The private columns are in learner_details and learner_contacts.';
comment on column public.learners.lesson_count is 'Completed lessons; maintained by the database.';

create table public.learner_details (
    learner_id uuid not null unique,
    org_id uuid not null,
    date_of_birth date,
    is_birth_self_declared boolean not null default false,
    notes text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, learner_id),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint birth_is_plausible check (date_of_birth between date '1900-01-01' and date '2100-01-01'),
    constraint a_declared_birth_has_a_date check (not is_birth_self_declared or date_of_birth is not null),
    constraint notes_are_short check (length(notes) <= 10000)
);


comment on table public.learner_details is 'The columns that only the learner, their guardians and the admins see; one row for each learner.';
comment on column public.learner_details.is_birth_self_declared is
    'The date of birth is the learner''s own word, so it counts in the person''s other organizations too; one that the school has '
    'recorded counts there only.';

create table public.learner_contacts (
    learner_id uuid not null unique,
    org_id uuid not null,
    email text,
    phone text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, learner_id),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint contact_is_short check (length(email) <= 320 and length(phone) <= 40),
    constraint email_is_valid check (private.is_email(email)),
    constraint phone_is_readable check (private.is_line(phone))
);

comment on table public.learner_contacts is
    'How a learner is reached: for the learner, their guardians, the admins, and instructors while a lesson brings them together; one row '
    'for each learner.';

create table public.instructor_learners (
    org_id uuid not null,
    instructor_id uuid not null,
    learner_id uuid not null,
    contact_until timestamptz,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, instructor_id, learner_id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict
);

create index on public.instructor_learners (instructor_id);
create index on public.instructor_learners (learner_id);

comment on table public.instructor_learners is
    'Which learner has ever booked which instructor, even if the booking expired: each of the two may then see the other''s name.';
comment on column public.instructor_learners.contact_until is
    'Until when the instructor may see how to reach the learner: 90 days after the last lesson that is paid or accepted; null before there '
    'is one.';

create table public.guardians (
    id uuid primary key default gen_random_uuid(),
    user_id uuid unique references public.profiles (id) on delete restrict,
    full_name text not null,
    phone text,
    email text not null,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    constraint full_name_is_short check (length(full_name) between 1 and 200),
    constraint full_name_is_readable check (private.is_line(full_name)),
    constraint contact_is_short check (length(email) <= 320 and length(phone) <= 40),
    constraint phone_is_readable check (private.is_line(phone))
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
    expires_at timestamptz not null default private.clock() + interval '14 days',
    consented_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint email_is_short check (length(guardian_email) between 3 and 320 and position('@' in guardian_email) > 1),
    constraint email_is_valid check (private.is_email(guardian_email)),
    constraint relation_is_short check (length(relation) <= 100),
    constraint relation_is_readable check (private.is_line(relation)),
    constraint consent_is_given_by_somebody check ((consented_at is null) = (guardian_id is null))
);

create unique index one_live_link_a_learner_and_guardian
    on public.learner_guardians (learner_id, lower(guardian_email))
    where revoked_at is null;
create index on public.learner_guardians (guardian_id);
create index on public.learner_guardians (learner_id);
create index on public.learner_guardians (invited_by);
create index on public.learner_guardians (lower(guardian_email));

comment on table public.learner_guardians is
    'What a guardian may do for a learner: from the guardian''s consent until the link is revoked or the learner turns 18.';
comment on column public.learner_guardians.guardian_email is
    'The address that the link was offered to. Only its verified owner can consent, once; then the link is the guardian''s, whoever owns the '
    'address later.';
comment on column public.learner_guardians.expires_at is 'Until when the offer can be accepted; means nothing after consent.';

create table private.imported_rows (
    org_id uuid not null references public.organizations (id) on delete restrict,
    kind text not null,
    reference text not null,
    row_id uuid not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, kind, reference),
    constraint kind_is_known check (kind in ('learners', 'hours', 'bookings'))
);

comment on table private.imported_rows is
    'What was imported for a school, by the reference that its file gave it: a line is imported once. The row is a learner, a lot or a booking.';

alter table private.imported_rows enable row level security;
alter table public.instructors enable row level security;
alter table public.instructor_details enable row level security;
alter table public.learners enable row level security;
alter table public.learner_details enable row level security;
alter table public.learner_contacts enable row level security;
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
    before update on public.learner_contacts
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
