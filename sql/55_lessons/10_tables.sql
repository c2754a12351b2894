-- Lessons: what took place.
--
-- The instructor starts the lesson of a confirmed booking and completes it, or completes it directly if starting was
-- forgotten; the learner can complete it too, earlier (20_lessons.sql). A booking that is completed earns the instructor the share, and
-- captures an authorized payment: both follow in 82_effects. 57_trips writes distance_meters, and 58_progress rating.
--
-- Called by instructors, their schools' admins and learners, through 80_api.sql. A booking's status is drawn in
-- 50_bookings/11_transitions.sql.

create table public.lessons (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    booking_id uuid not null,
    instructor_id uuid not null,
    learner_id uuid not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    rating smallint,
    notes text,
    distance_meters integer,
    duration_seconds integer generated always as (extract(epoch from ended_at - started_at)::integer) stored,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, booking_id),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint end_is_not_before_start check (ended_at >= started_at),
    constraint rating_is_one_to_five check (rating between 1 and 5),
    constraint distance_is_not_negative check (distance_meters >= 0),
    constraint texts_are_short check (length(notes) <= 10000)
);

create index on public.lessons (instructor_id, started_at);
create index on public.lessons (learner_id, started_at);

comment on table public.lessons is 'A lesson that took place, or is taking place; at most one for a booking.';
comment on column public.lessons.rating is 'What the learner has given in lesson_ratings; maintained by the database.';
comment on column public.lessons.distance_meters is 'What the lesson''s trips say was driven; maintained by the database.';
comment on column public.lessons.notes is 'The instructor''s summary for the learner. Both can read it.';

alter table public.lessons enable row level security;

create trigger touch_updated_at
    before update on public.lessons
    for each row execute function private.touch_updated_at();

select private.audit_table('public.lessons', 'id', '{notes}');
