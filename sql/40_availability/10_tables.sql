-- Availability: when instructors are open, which times they offer, and when they are busy.
--
-- Opening hours are weekly windows plus exceptions for dates, in local time (70_opening_hours.sql turns them into
-- instants, across changes of the clocks). Frontends list what is open by list_open_slots of 50_bookings; an instructor may
-- also publish times as slots, which then have an id that a booking can name (30_publish.sql).
-- A free slot is as its service is now, and a booked one as it was booked (50_follow_service.sql).
-- Bookings occupy the calendars of instructor and learner (40_occupy.sql): the exclusion constraint nobody_is_in_two_places is what
-- finally rules out that one person teaches or learns in two places at once, in whichever organizations. Busy times (42_busy.sql) are in the
-- same calendars.
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
    constraint times_are_whole_minutes check (extract(second from start_time) = 0 and extract(second from end_time) = 0),
    constraint time_zone_is_known check (private.is_time_zone(time_zone)),
    constraint end_is_not_before_start check (effective_from <= effective_to),
    constraint hours_are_given_once unique nulls not distinct (
        org_id, instructor_id, day_of_week, start_time, end_time, time_zone, effective_from, effective_to
    ),
    constraint dates_are_plausible check (private.is_plausible_date(effective_from) and private.is_plausible_date(effective_to))
);

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
    last_date date,
    is_available boolean not null,
    start_time time not null default time '00:00',
    end_time time not null default time '24:00',
    time_zone text not null,
    note text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint date_is_plausible check (private.is_plausible_date(on_date)),
    constraint dates_are_at_most_a_year check (last_date between on_date and on_date + 366),
    constraint exception_is_not_empty check (start_time <> end_time and start_time < time '24:00'),
    constraint times_are_whole_minutes check (extract(second from start_time) = 0 and extract(second from end_time) = 0),
    constraint time_zone_is_known check (private.is_time_zone(time_zone)),
    constraint note_is_short check (length(note) <= 1000),
    constraint exception_is_given_once unique nulls not distinct (
        org_id, instructor_id, on_date, last_date, is_available, start_time, end_time, time_zone
    )
);

create index on public.availability_exceptions (instructor_id, on_date);

comment on table public.availability_exceptions is
    'A change to the opening hours on a date, or on every date up to last_date: a range of times that is closed, or one that is opened in '
    'addition. A date may have several.';
comment on column public.availability_exceptions.last_date is 'The last of several dates in a row, inclusive; null: on_date alone.';
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
    is_available boolean not null generated always as (
        is_published and not is_withdrawn_when_free and current_bookings < max_bookings
    ) stored,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, instructor_id, service_id, start_at),
    foreign key (org_id, service_id) references public.services (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, availability_window_id) references public.availability_windows (org_id, id)
        on delete set null (availability_window_id),
    constraint end_is_after_start check (start_at < end_at),
    constraint slot_is_at_most_a_day check (end_at <= start_at + interval '24 hours'),
    constraint seats_are_never_oversold check (current_bookings between 0 and max_bookings),
    constraint only_published_slots_can_be_withdrawn check (is_published or not is_withdrawn_when_free)
) with (fillfactor = 80);

create index on public.bookable_slots (org_id, service_id, start_at);
create index on public.bookable_slots (instructor_id, start_at);
create index on public.bookable_slots (org_id, availability_window_id);
create index on public.bookable_slots (service_id, start_at) where is_published;
create index on public.bookable_slots (start_at, end_at);

-- No index names the seats that are taken, and pages keep room, so that booking a slot is a HOT update: it writes no index.

comment on table public.bookable_slots is
    'A bookable time of a service. Instructors publish slots; booking a listed time that was not published makes one. Bookings take its seats.';
comment on column public.bookable_slots.is_published is 'Whether it is offered under its own id; false if it was withdrawn, or made by a booking.';
comment on column public.bookable_slots.is_withdrawn_when_free is
    'It was withdrawn while booked: its other seats are not offered any more, and it is withdrawn once its last booking ends.';
comment on column public.bookable_slots.current_bookings is
    'Seats taken, by bookings that are neither cancelled nor declined nor expired. Kept up to date with every change of a booking''s status.';
comment on column public.bookable_slots.is_available is
    'Whether a seat is offered and left. The instructor may still be busy with another service, which only booking finds out.';

create table public.busy_times (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    instructor_id uuid not null,
    start_at timestamptz not null,
    end_at timestamptz not null,
    note text,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint end_is_after_start check (start_at < end_at),
    constraint busy_time_is_a_year_at_most check (end_at <= start_at + interval '366 days'),
    constraint times_are_plausible check (private.is_plausible_time(start_at) and private.is_plausible_time(end_at)),
    constraint note_is_short check (length(note) between 1 and 500),
    constraint note_is_visible check (private.is_visible(note))
);

create index on public.busy_times (instructor_id, end_at);

comment on table public.busy_times is
    'When an instructor gives no lessons, from one instant to another; in person_calendar under its id. Whole dates are closed by exceptions.';

create table private.person_calendar (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    person_id uuid not null,
    instructor_id uuid,
    learner_id uuid,
    slot_id uuid,
    booking_id uuid,
    entry_id uuid,
    chain_id uuid not null default gen_random_uuid(),
    during tstzrange not null,
    expires_at timestamptz not null default 'infinity',
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, slot_id),
    unique (org_id, booking_id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, slot_id) references public.bookable_slots (org_id, id) on delete restrict,
    constraint a_time_is_taught_learnt_or_busy check (
        num_nonnulls(instructor_id, learner_id) = 1
        and (slot_id is null or instructor_id is not null)
        and (booking_id is null or learner_id is not null)
        and num_nonnulls(slot_id, booking_id, entry_id) <= 1
    ),
    constraint time_is_not_empty check (not isempty(during)),
    constraint nobody_is_in_two_places exclude using gist (person_id with =, during with &&, chain_id with <>)
);

create index on private.person_calendar (org_id, instructor_id);
create index on private.person_calendar (org_id, learner_id);
create index on private.person_calendar (org_id, entry_id) where entry_id is not null;

comment on table private.person_calendar is
    'What occupies a person: teaching (a row for each taken slot, buffers included), learning (a row for each booking), or another time '
    'that is taken: a busy time, or a test.';
comment on column private.person_calendar.person_id is
    'The login of the instructor or learner, else that row''s id. So one person has one calendar in all organizations, for both roles.';
comment on column private.person_calendar.instructor_id is 'Who teaches or is busy; null where somebody learns.';
comment on column private.person_calendar.entry_id is 'The busy time or the learner''s test that takes the time.';
comment on column private.person_calendar.chain_id is
    'Times of one chain may overlap: a booking and the dearer replacement that is not paid yet. The person''s own id stands for lessons '
    'that overlapped already when a login was linked.';
comment on column private.person_calendar.expires_at is
    'When an unpaid, unanswered or proposed lesson stops occupying the person, whether or not its booking has been expired.';

alter table public.availability_windows enable row level security;
alter table public.availability_exceptions enable row level security;
alter table public.bookable_slots enable row level security;
alter table public.busy_times enable row level security;
alter table private.person_calendar enable row level security;

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

select private.audit_table('public.busy_times', 'id', '{note}');

-- NOTE: slots and the calendar are not audited: they follow from windows and bookings, which are.
