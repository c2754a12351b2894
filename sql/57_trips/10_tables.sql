-- 57_trips: where a lesson led. The instructor's phone sends points while a lesson is on the road; afterwards its distance and a
-- simplified line are kept, and the points go.
--
--   20_consent   may a learner's lessons be tracked? Not a minor's until the learner and a guardian agree
--   30_start     start_trip
--   31_record    record_trip_points: a batch of points, in any order and as late as a phone without a network sends them
--   32_finish    finish_trip; measure_trip, asked again when a late batch comes
--   40_read      a trip as GeoJSON, and its points
--   50_retain    what 95_operations carries out: trips that nobody finished, points that are old, persons who are erased
--   70_distance  what of a trip's points counts as driven
--   71_line      how a line is simplified
--
-- No payment depends on a trip. Called by instructors, learners and guardians, through 80_api.sql.

create table public.trips (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    lesson_id uuid not null,
    instructor_id uuid not null,
    learner_id uuid not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    distance_meters integer,
    point_count integer,
    line jsonb,
    points_removed_at timestamptz,
    clock_skew_seconds integer,
    duration_seconds integer generated always as (extract(epoch from ended_at - started_at)::integer) stored,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    phone_skew_seconds integer,
    primary key (org_id, id),
    foreign key (org_id, lesson_id) references public.lessons (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint end_is_not_before_start check (ended_at >= started_at),
    constraint a_finished_trip_is_measured check ((ended_at is null) = (distance_meters is null)),
    constraint measures_are_not_negative check (distance_meters >= 0 and point_count >= 0),
    constraint line_is_a_list check (jsonb_typeof(line) = 'array')
);

create unique index one_open_trip_a_lesson on public.trips (org_id, lesson_id) where ended_at is null;
create index on public.trips (lesson_id);
create index on public.trips (instructor_id, started_at);
create index on public.trips (learner_id, started_at);
create index trips_with_points on public.trips (org_id, ended_at) where points_removed_at is null;
create index trips_with_lines on public.trips (org_id, ended_at) where line is not null;

comment on table public.trips is 'A drive within a lesson, as the instructor''s phone recorded it. A lesson can have several.';
comment on column public.trips.distance_meters is
    'What was driven, without jumps of the receiver and without drifting while the car stands. Set when the trip is finished, and again '
    'when points come later.';
comment on column public.trips.point_count is 'How many points the distance was measured from.';
comment on column public.trips.line is
    'The way in short, as GeoJSON has it: a list of [longitude, latitude], at most ten metres beside the points. Kept for 540 days.';
comment on column public.trips.clock_skew_seconds is
    'What a reader has to add to times of its points, in a trip that 0.1.0 recorded with a wrong clock; null: they are the server''s.';
comment on column public.trips.phone_skew_seconds is
    'What was added last to the times that the phone sent, since its clock was wrong; null if no batch has said so. It changes if a batch '
    'says ten seconds less or thirty more: what lies between is the time that sending takes.';
comment on column public.trips.points_removed_at is 'When the points were removed: 30 days after the trip, or with the person.';

create table private.trip_points (
    org_id uuid not null,
    trip_id uuid not null,
    ts timestamptz not null,
    lat numeric(9, 6) not null,
    lng numeric(9, 6) not null,
    speed_kph numeric(6, 2),
    accuracy_meters numeric(7, 2),
    received_at timestamptz not null default private.clock(),
    phone_ts timestamptz,
    primary key (org_id, trip_id, ts),
    foreign key (org_id, trip_id) references public.trips (org_id, id) on delete restrict,
    constraint point_is_on_earth check (lat between -90 and 90 and lng between -180 and 180),
    constraint speed_is_possible check (speed_kph between 0 and 9999),
    constraint accuracy_is_possible check (accuracy_meters between 0 and 99999)
) partition by range (ts);

-- Takes points of months without a partition, so that a maintenance job that did not run loses none; needs_attention (95) tells of them.
create table private.trip_points_default partition of private.trip_points default;

comment on table private.trip_points is
    'The points of trips, one partition a month, for 30 days. Nobody reads them directly: see list_trip_points.';
comment on column private.trip_points.ts is 'When the phone was there, by the server''s clock.';
comment on column private.trip_points.phone_ts is 'The same by the phone''s clock, as it was sent; null if that was the same.';
comment on column private.trip_points.speed_kph is 'As the phone said it.';
comment on column private.trip_points.accuracy_meters is 'The radius within which the phone believes to be, as it said it.';

create table public.trip_consents (
    org_id uuid not null,
    learner_id uuid not null,
    user_id uuid not null references public.profiles (id) on delete cascade,
    agrees boolean not null,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, learner_id, user_id),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict
);

create index on public.trip_consents (learner_id);
create index on public.trip_consents (user_id);

comment on table public.trip_consents is
    'Whether a learner''s lessons may be tracked, by the word of the learner and of each guardian who has given theirs.';

alter table public.trips enable row level security;
alter table private.trip_points enable row level security;
alter table private.trip_points_default enable row level security;
alter table public.trip_consents enable row level security;

create trigger touch_updated_at
    before update on public.trips
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.trip_consents
    for each row execute function private.touch_updated_at();

select private.audit_table('public.trips', 'id', '{line}');

select private.audit_table('public.trip_consents', 'learner_id');
