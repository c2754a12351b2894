-- 58_progress: how far learners are, and what they say of their lessons.
--
--   20_syllabus  define_syllabus: the skills that an organization teaches
--   21_assess    assess_skills: at a lesson, the level of a learner in some of them; learner_progress
--   22_tests     add_test, record_test_result: when a learner is tested, and how it went
--   30_rate      rate_lesson: one rating, with a review, for each lesson that began; keep_ratings keeps the instructor's average
--   31_reply     reply_to_review: one reply by the instructor
--   32_moderate  report_review; the platform hides a review for a listed reason, which its author is told, or keeps it
--   40_reviews   list_reviews: what everybody may read of an instructor
--
-- Called by instructors, learners and guardians, and the platform's admins, through 80_api.sql. 52_directory shows the averages.

create type public.review_fault as enum ('off_topic', 'not_genuine', 'personal_data', 'abusive', 'unlawful');
comment on type public.review_fault is
    'The reasons, and the only ones, for which a review is hidden: not about the lesson, not by somebody who had it, data of a person, '
    'insults or threats, against the law. That it is negative is none.';

create table public.skills (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    syllabus text not null,
    area text not null default '',
    title text not null,
    position integer not null,
    is_active boolean not null default true,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, syllabus, title),
    constraint texts_are_short check (length(syllabus) between 1 and 100 and length(area) <= 100 and length(title) between 1 and 200),
    constraint texts_are_readable check (private.is_line(syllabus) and private.is_line(area) and private.is_line(title))
);

comment on table public.skills is 'What an organization teaches, skill by skill, in the order of its syllabus.';
comment on column public.skills.area is 'The heading under which the skill stands; may be empty.';
comment on column public.skills.is_active is 'False: left out of the syllabus since, and still shown with what was assessed.';

create table public.skill_assessments (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    lesson_id uuid not null,
    skill_id uuid not null,
    instructor_id uuid not null,
    learner_id uuid not null,
    level smallint not null,
    note text,
    assessed_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, lesson_id, skill_id),
    foreign key (org_id, lesson_id) references public.lessons (org_id, id) on delete restrict,
    foreign key (org_id, skill_id) references public.skills (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint level_is_one_to_five check (level between 1 and 5),
    constraint note_is_short check (length(note) <= 2000)
);

create index on public.skill_assessments (skill_id);
create index on public.skill_assessments (instructor_id);
create index on public.skill_assessments (learner_id, skill_id, assessed_at);

comment on table public.skill_assessments is
    'How well a learner did something at a lesson; at most one for each lesson and skill. The latest counts, also when it is lower.';
comment on column public.skill_assessments.level is
    '1 introduced, 2 under full instruction, 3 prompted, 4 seldom prompted, 5 independent: as the driver''s record has them.';

create type public.test_outcome as enum ('passed', 'failed', 'cancelled');

create table public.learner_tests (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid,
    kind text not null,
    start_at timestamptz not null,
    end_at timestamptz not null,
    centre text,
    outcome public.test_outcome,
    note text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint end_is_after_start check (start_at < end_at),
    constraint test_is_a_day_at_most check (end_at <= start_at + interval '24 hours'),
    constraint times_are_plausible check (private.is_plausible_time(start_at) and private.is_plausible_time(end_at)),
    constraint texts_are_short check (
        length(kind) between 1 and 60 and length(centre) between 1 and 200 and length(note) between 1 and 1000
    ),
    constraint texts_are_lines check (private.is_line(kind) and private.is_line(centre)),
    constraint note_is_visible check (private.is_visible(note))
);

create index on public.learner_tests (learner_id, start_at);
create index on public.learner_tests (instructor_id);

comment on table public.learner_tests is
    'When a learner is tested, such as by a driving examiner, and how it went. Its time is taken in the calendars of who entered it.';
comment on column public.learner_tests.instructor_id is 'Who goes along, or is to know of it.';
comment on column public.learner_tests.outcome is 'Null until it is known.';

create table public.lesson_ratings (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    lesson_id uuid not null,
    instructor_id uuid not null,
    learner_id uuid not null,
    rated_by uuid references public.profiles (id) on delete set null,
    rating smallint not null,
    review text,
    is_of_paid_lesson boolean not null,
    reply text,
    replied_at timestamptz,
    hidden_for public.review_fault,
    hidden_at timestamptz,
    is_counted boolean not null generated always as (
        is_of_paid_lesson and coalesce(hidden_for not in ('off_topic', 'not_genuine'), true)
    ) stored,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, lesson_id),
    foreign key (org_id, lesson_id) references public.lessons (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint rating_is_one_to_five check (rating between 1 and 5),
    constraint texts_are_short check (length(review) between 1 and 5000 and length(reply) between 1 and 5000),
    constraint texts_show_something check (private.is_visible(review) and private.is_visible(reply)),
    constraint a_reply_has_a_time check ((reply is null) or (replied_at is not null)),
    constraint hidden_reviews_say_why check ((hidden_at is null) = (hidden_for is null))
);

create index on public.lesson_ratings (instructor_id, created_at, id);
create index on public.lesson_ratings (learner_id);
create index on public.lesson_ratings (rated_by);

comment on table public.lesson_ratings is
    'What a learner says of a lesson that began, refunded or not: one rating from 1 to 5, with a review if they like. It is final.';
comment on column public.lesson_ratings.rated_by is 'The learner''s login, or that of a guardian who may book; null once the login is deleted.';
comment on column public.lesson_ratings.is_of_paid_lesson is
    'Whether the lesson earned its instructor something, whatever was refunded; free lessons could be given to friends without end.';
comment on column public.lesson_ratings.is_counted is
    'Whether the rating counts in the instructor''s average: also one whose words are hidden, unless it is not genuine or about something else.';
comment on column public.lesson_ratings.hidden_for is 'Why the platform has hidden rating, review and reply from the public; null: it has not.';

create table public.review_reports (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    rating_id uuid not null,
    reported_by uuid not null references public.profiles (id) on delete cascade,
    fault public.review_fault not null,
    statement text,
    created_at timestamptz not null default private.clock(),
    resolved_at timestamptz,
    primary key (org_id, id),
    unique (org_id, rating_id, reported_by),
    foreign key (org_id, rating_id) references public.lesson_ratings (org_id, id) on delete restrict,
    constraint statement_is_short check (length(statement) between 1 and 2000)
);

create index on public.review_reports (reported_by);

comment on table public.review_reports is
    'Who has reported a review and why; one report a person and review. The platform decides, never the school whom it is about.';

alter table public.skills enable row level security;
alter table public.skill_assessments enable row level security;
alter table public.learner_tests enable row level security;
alter table public.lesson_ratings enable row level security;
alter table public.review_reports enable row level security;

create trigger touch_updated_at
    before update on public.skills
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.skill_assessments
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.learner_tests
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.lesson_ratings
    for each row execute function private.touch_updated_at();

select private.audit_table('public.skills', 'id');

select private.audit_table('public.skill_assessments', 'id', '{note}');

select private.audit_table('public.lesson_ratings', 'id', '{review,reply}');

select private.audit_table('public.review_reports', 'id', '{statement}');

select private.audit_table('public.learner_tests', 'id', '{centre,note}');
