-- 14_schools: how a school is founded and staffed. Its tables are in 10_people; here are only the invitations.
--
--   20_organizations      found a school, change its settings, set the platform's terms with it, show its page
--   30_invite             offer a role to an address, or withdraw the offer
--   31_accept_invitation  take the offered role, and become the instructor or learner that the school has added
--   40_members            list members, give and remove roles, activate or deactivate an instructor; who may assign which role
--   80_api                what frontends call; no other room calls this one
--
-- Owners assign every role, admins only instructor and learner, and a school with an owner always keeps one.

create table public.invitations (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    email text not null,
    role public.org_role not null,
    instructor_id uuid,
    learner_id uuid,
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
    constraint the_platform_has_no_people check (org_id <> private.platform_id()),
    constraint email_is_short check (length(email) between 3 and 320 and position('@' in email) > 1),
    constraint email_is_valid check (private.is_email(email)),
    constraint only_instructors_become_instructors check (instructor_id is null or role = 'instructor'),
    constraint only_learners_become_learners check (learner_id is null or role = 'learner'),
    constraint an_invitation_ends_once check (num_nonnulls(accepted_at, revoked_at) <= 1)
);

create index on public.invitations (org_id, instructor_id);
create index on public.invitations (org_id, learner_id);
create index on public.invitations (invited_by, created_at);
create index on public.invitations (accepted_by);
create index on public.invitations (lower(email));

comment on table public.invitations is
    'An offer of a role in an organization to the owner of one verified address, who shows its single-use token.';
comment on column public.invitations.instructor_id is 'The invited person becomes the login of this instructor, who has none yet.';
comment on column public.invitations.learner_id is 'The invited person becomes the login of this learner, who has none yet.';

create table private.invitation_tokens (
    org_id uuid not null,
    invitation_id uuid not null,
    token_hash bytea not null unique,
    primary key (org_id, invitation_id),
    foreign key (org_id, invitation_id) references public.invitations (org_id, id) on delete cascade
);

comment on table private.invitation_tokens is
    'The hash of each invitation''s token, which leads to the invitation''s organization: admins read invitations, and nobody reads this.';

alter table public.invitations enable row level security;
alter table private.invitation_tokens enable row level security;

create trigger touch_updated_at
    before update on public.invitations
    for each row execute function private.touch_updated_at();
