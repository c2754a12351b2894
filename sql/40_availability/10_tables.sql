create table public.availability_windows (
    id uuid primary key default gen_random_uuid(),
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
    unique (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint day_is_a_weekday check (day_of_week between 0 and 6),
    constraint window_is_not_empty check (start_time <> end_time and start_time < time '24:00'),
    constraint time_zone_is_known check (private.is_time_zone(time_zone)),
    constraint end_is_not_before_start check (effective_from <= effective_to)
);

create index on public.availability_windows (org_id, instructor_id, day_of_week);
create index on public.availability_windows (instructor_id);

comment on table public.availability_windows is 'Weekly hours in which an instructor gives lessons, in local time.';
comment on column public.availability_windows.day_of_week is '0 is Sunday, 6 is Saturday: the day on which the window starts.';
comment on column public.availability_windows.end_time is 'Local; at or before start_time means on the next day.';
comment on column public.availability_windows.org_id is 'Filled in from the instructor when left out.';
comment on column public.availability_windows.time_zone is 'Filled in from the instructor when left out.';

create table public.availability_exceptions (
    id uuid primary key default gen_random_uuid(),
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
    unique (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint date_is_plausible check (on_date between date '2000-01-01' and date '2100-01-01'),
    constraint exception_is_not_empty check (start_time <> end_time and start_time < time '24:00'),
    constraint time_zone_is_known check (private.is_time_zone(time_zone)),
    constraint note_is_short check (length(note) <= 1000)
);

create index on public.availability_exceptions (org_id, instructor_id);
create index on public.availability_exceptions (instructor_id, on_date);

comment on table public.availability_exceptions is
    'A date on which the weekly windows do not hold: a part closed, or a time opened outside them; several a date.';
comment on column public.availability_exceptions.is_available is 'True opens the range, false closes it.';
comment on column public.availability_exceptions.end_time is 'Local; at or before start_time means on the next day.';
comment on column public.availability_exceptions.org_id is 'Filled in from the instructor when left out, as is time_zone.';

create table public.bookable_slots (
    id uuid primary key default gen_random_uuid(),
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
    unique (org_id, id),
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

comment on table public.bookable_slots is 'A time of a service, published or booked as it was listed. Bookings take its seats.';
comment on column public.bookable_slots.is_published is 'Offered under its own id; false for one that was withdrawn, or made by a booking.';
comment on column public.bookable_slots.is_withdrawn_when_free is
    'It was withdrawn while it was booked, so it is offered no more once its last booking leaves it.';
comment on column public.bookable_slots.current_bookings is 'Seats taken by bookings that occupy them; kept by a trigger on bookings.';
comment on column public.bookable_slots.is_available is 'A seat is left. The instructor may still be taken by another service: booking decides.';

create table private.instructor_calendar (
    id uuid primary key default gen_random_uuid(),
    org_id uuid not null,
    instructor_id uuid not null,
    person_id uuid not null,
    slot_id uuid unique,
    during tstzrange not null,
    created_at timestamptz not null default private.clock(),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, slot_id) references public.bookable_slots (org_id, id) on delete restrict,
    constraint time_is_not_empty check (not isempty(during)),
    constraint instructor_is_never_double_booked exclude using gist (person_id with =, during with &&)
);

create index on private.instructor_calendar (org_id, instructor_id);
create index on private.instructor_calendar (org_id, slot_id);

comment on table private.instructor_calendar is
    'What occupies an instructor: one row a taken slot, buffers included, or a busy block without a slot.';
comment on column private.instructor_calendar.person_id is
    'The login where there is one, else the instructor: one person in two organizations has one calendar.';

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

-- NOTE: slots and the calendar are not audited; they follow from windows and bookings, which are.
