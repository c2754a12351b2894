-- 29_terms: the terms and conditions of an organization, version by version, and who has accepted which, when and from where: the first
-- thing that a disputed payment asks for.
--
--   20_terms  publish_terms, current_terms, accept_terms
--
-- Called by admins, visitors and people through 80_api.sql.

create table public.terms_versions (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null references public.organizations (id) on delete restrict,
    version integer not null,
    body text not null,
    published_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, version),
    constraint body_is_a_text check (length(body) between 1 and 200000 and private.is_visible(body))
);

comment on table public.terms_versions is 'What an organization''s terms said, from when on. Append-only: the latest version is in force.';

create table public.terms_acceptances (
    org_id uuid not null,
    terms_id uuid not null,
    user_id uuid not null,
    accepted_at timestamptz not null default private.clock(),
    ip inet,
    primary key (org_id, terms_id, user_id),
    foreign key (org_id, terms_id) references public.terms_versions (org_id, id) on delete restrict
);

create index on public.terms_acceptances (user_id);
create index acceptances_with_addresses on public.terms_acceptances (org_id, accepted_at) where ip is not null;

comment on table public.terms_acceptances is 'Who has accepted which version of the terms, once each.';
comment on column public.terms_acceptances.user_id is 'The person''s login. No foreign key: what was accepted outlives logins.';
comment on column public.terms_acceptances.ip is
    'The address of the person''s device, as in audit_logs; removed after 540 days, or when the person is erased.';

alter table public.terms_versions enable row level security;
alter table public.terms_acceptances enable row level security;

create trigger forbid_change
    before update or delete on public.terms_versions
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.terms_versions
    for each statement execute function private.forbid_change();

select private.audit_table('public.terms_versions', 'id');

select private.audit_table('public.terms_acceptances', 'terms_id', '{ip}');
