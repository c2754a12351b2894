-- Claims: one side of a lesson says that the other did not come. 64_cancellations makes, answers and settles them
-- (31_no_show, 34_answer_claim, 35_settle_claim); the booking stays as it was until a claim against somebody is upheld.

create type public.lesson_claim_status as enum ('open', 'undecided', 'upheld', 'dismissed', 'withdrawn');

create table public.lesson_claims (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    booking_id uuid not null,
    learner_id uuid not null,
    instructor_id uuid not null,
    no_show_by public.booking_party not null,
    status public.lesson_claim_status not null,
    claimant public.booking_party not null,
    claimed_by uuid references public.profiles (id) on delete set null,
    statement text,
    evidence text,
    notified_at timestamptz,
    contested_by uuid references public.profiles (id) on delete set null,
    contested_at timestamptz,
    answer text,
    decision_due_at timestamptz,
    decided_by public.booking_party,
    decided_by_person uuid references public.profiles (id) on delete set null,
    decided_at timestamptz,
    reason text,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, booking_id) references public.bookings (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint only_a_learner_or_an_instructor_is_absent check (no_show_by in ('learner', 'instructor')),
    constraint evidence_is_known check (evidence = 'lesson_started'),
    constraint an_undecided_claim_has_a_deadline check (status <> 'undecided' or decision_due_at is not null),
    constraint a_settled_claim_says_when_by_whom_and_why check (
        num_nulls(decided_at, decided_by, reason) = case when status in ('open', 'undecided') then 3 else 0 end
    ),
    constraint texts_are_short check (length(statement) <= 5000 and length(answer) <= 5000 and length(reason) <= 2000),
    constraint texts_are_visible check (
        private.is_visible(statement) is not false and private.is_visible(answer) is not false and private.is_visible(reason) is not false
    )
);

create unique index one_claim_a_booking_and_party on public.lesson_claims (booking_id, no_show_by) where status <> 'withdrawn';
create index on public.lesson_claims (notified_at) where status = 'open';
create index on public.lesson_claims (decision_due_at) where status = 'undecided';
create index on public.lesson_claims (org_id, booking_id);
create index on public.lesson_claims (learner_id);
create index on public.lesson_claims (instructor_id);
create index on public.lesson_claims (claimed_by);
create index on public.lesson_claims (contested_by);
create index on public.lesson_claims (decided_by_person);

comment on table public.lesson_claims is
    'What one side of a lesson says: that the other did not come. Money moves only when a claim is settled.';
comment on column public.lesson_claims.no_show_by is 'Who did not come, as the claim has it.';
comment on column public.lesson_claims.claimant is 'On which side the claimant stands: learner, guardian, instructor, or the school''s admin.';
comment on column public.lesson_claims.evidence is
    'What the records say for the claim: lesson_started, if the instructor had pressed start before. Null: nothing but the claimant''s word.';
comment on column public.lesson_claims.notified_at is
    'When the notice reached the other side, who can contest the claim for 72 hours from then. Null: there is nobody who could read it.';
comment on column public.lesson_claims.contested_at is 'When the other side denied it; null if nobody did.';
comment on column public.lesson_claims.decision_due_at is 'Until when the school''s admins decide; afterwards the platform''s do.';
comment on column public.lesson_claims.decided_by is
    'Who settled it: the other side by accepting, the claimant by withdrawing, an admin, or the system.';

alter table public.lesson_claims enable row level security;

create trigger enforce_status_transition
    before insert or update of status on public.lesson_claims
    for each row execute function private.enforce_status_transition('lesson_claim');

create trigger touch_updated_at
    before update on public.lesson_claims
    for each row execute function private.touch_updated_at();

select private.audit_table('public.lesson_claims', 'id', '{statement,answer,reason}');

-- Whether a claim about a booking waits to be answered or decided: until then its lesson is not completed and its earning frozen.
create function private.has_open_claim(p_booking_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from public.lesson_claims claim
        where claim.booking_id = p_booking_id
            and claim.status in ('open', 'undecided')
    );
end;
$$;
