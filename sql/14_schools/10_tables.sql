create table public.invitations (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    email text not null,
    role public.org_role not null,
    instructor_id uuid,
    learner_id uuid,
    token_hash bytea not null unique,
    invited_by uuid references public.profiles (id) on delete set null,
    expires_at timestamptz not null,
    accepted_by uuid references public.profiles (id) on delete set null,
    accepted_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    foreign key (org_id, learner_id) references public.learners (org_id, id) on delete restrict,
    constraint email_is_short check (length(email) between 3 and 320 and position('@' in email) > 1),
    constraint only_instructors_become_instructors check (instructor_id is null or role = 'instructor'),
    constraint only_learners_become_learners check (learner_id is null or role = 'learner'),
    constraint an_invitation_ends_once check (num_nonnulls(accepted_at, revoked_at) <= 1)
);

create index on public.invitations (org_id, instructor_id);
create index on public.invitations (org_id, learner_id);
create index on public.invitations (invited_by);
create index on public.invitations (accepted_by);
create index on public.invitations (lower(email));

comment on table public.invitations is
    'An offer of a role in an organization, for one verified address, with a single-use token of which only the hash is kept.';
comment on column public.invitations.instructor_id is 'The instructor without a login whom the invited person is.';
comment on column public.invitations.learner_id is 'The learner without a login who the invited person is.';

alter table public.invitations enable row level security;

create trigger touch_updated_at
    before update on public.invitations
    for each row execute function private.touch_updated_at();
