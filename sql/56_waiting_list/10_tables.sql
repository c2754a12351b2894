-- 56_waiting_list: who would take a time that becomes free. When a booking ends, its time is noted; maintenance (95) then offers it to those
-- who wait for such a time, one after another in the order in which they joined, each by a proposed booking that keeps the time for two
-- hours. Who accepts it (accept_proposal, 50) has it; who declines it or lets it lapse passes it on, four times at most: then it is everybody's.
--
--   20_join   join_waiting_list, leave_waiting_list
--   30_offer  note_freed_time, called by 82_effects; offer_freed_times, called by maintain_organization
--
-- Nobody is offered what they could not book, and a time that waits for an offer can be booked by everybody meanwhile: the offer is a
-- booking like any other, so the calendar decides.

create table public.waiting_list_entries (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid,
    service_id uuid,
    days smallint[] not null,
    from_time time not null,
    to_time time not null,
    until_date date,
    max_total_cents bigint,
    created_at timestamptz not null default private.clock(),
    ended_at timestamptz,
    primary key (org_id, id),
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, service_id) references public.services (org_id, id) on delete restrict,
    constraint somebody_or_something_is_waited_for check (num_nonnulls(instructor_id, service_id) > 0),
    constraint days_are_of_the_week check (days <@ '{0,1,2,3,4,5,6}' and cardinality(days) between 1 and 7),
    constraint hours_are_a_range check (from_time < to_time),
    constraint price_is_not_negative check (max_total_cents >= 0)
);

create index on public.waiting_list_entries (learner_id);
create index on public.waiting_list_entries (instructor_id);
create index on public.waiting_list_entries (service_id);
create index waiting_entries on public.waiting_list_entries (org_id, created_at) where ended_at is null;

comment on table public.waiting_list_entries is
    'What a learner would take: lessons of a service, with an instructor, or both, on these days between these hours, by the instructor''s '
    'local time.';
comment on column public.waiting_list_entries.days is '0 is Sunday.';
comment on column public.waiting_list_entries.until_date is 'The last local date that the learner would take; null: any.';
comment on column public.waiting_list_entries.max_total_cents is 'The most that the lesson may cost, fee included; null: any price.';
comment on column public.waiting_list_entries.ended_at is 'When the learner left, got a lesson by it, or its last date had passed.';

create table private.freed_times (
    org_id uuid not null,
    instructor_id uuid not null,
    service_id uuid not null,
    start_at timestamptz not null,
    noted_at timestamptz not null default private.clock(),
    looked_at timestamptz,
    primary key (org_id, instructor_id, service_id, start_at),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, service_id) references public.services (org_id, id) on delete restrict
);

create index on private.freed_times (service_id);
create index on private.freed_times (start_at);

comment on table private.freed_times is 'Times ahead that were booked and became free, while somebody waits.';
comment on column private.freed_times.looked_at is
    'When maintain last looked for somebody who waits for it; null: not yet. The longest ago is next, so that none is left out.';

create table private.waiting_offers (
    org_id uuid not null,
    entry_id uuid not null,
    instructor_id uuid not null,
    start_at timestamptz not null,
    booking_id uuid,
    refusal text,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, entry_id, instructor_id, start_at),
    foreign key (org_id, entry_id) references public.waiting_list_entries (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    constraint an_offer_is_a_booking_or_was_refused check (num_nonnulls(booking_id, refusal) = 1)
);

create index on private.waiting_offers (instructor_id);
create index on private.waiting_offers (booking_id);

comment on table private.waiting_offers is 'Which time was offered to whom, or why it could not be; each time once to a learner.';
comment on column private.waiting_offers.refusal is 'The code with which the booking was refused.';

alter table public.waiting_list_entries enable row level security;
alter table private.freed_times enable row level security;
alter table private.waiting_offers enable row level security;

select private.audit_table('public.waiting_list_entries', 'id');
