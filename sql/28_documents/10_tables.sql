-- 28_documents: what an instructor must have to teach (a licence, insurance, a background check), and until when it is valid.
--
--   20_documents  add_document, verify_document
--   30_lapse      has_lapsed_document: asked by what lists and books times (50, 52); tell_of_documents, called by maintenance (95)
--
-- A kind that an organization never asked for is in nobody's way. One that was verified and has lapsed, and that no other document of the
-- kind replaces, stops new bookings until there is one; lessons that are booked stay.

create type public.document_kind as enum ('licence', 'insurance', 'background_check', 'qualification', 'vehicle');
comment on type public.document_kind is 'Of what a document is the proof.';

create table public.instructor_documents (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    instructor_id uuid not null,
    kind public.document_kind not null,
    document_number text not null,
    expires_on date,
    file_path text,
    is_verified boolean,
    decided_by uuid references public.profiles (id) on delete set null,
    decided_at timestamptz,
    created_at timestamptz not null default private.clock(),
    updated_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    foreign key (org_id, instructor_id) references public.instructors (org_id, id) on delete restrict,
    constraint number_is_short check (length(document_number) between 1 and 100),
    constraint texts_are_readable check (private.is_line(document_number) and private.is_line(file_path)),
    constraint expiry_is_plausible check (private.is_plausible_date(expires_on)),
    constraint path_is_short check (length(file_path) between 1 and 500),
    constraint decisions_have_a_time check ((is_verified is null) = (decided_at is null))
);

create index on public.instructor_documents (instructor_id, kind);
create index on public.instructor_documents (decided_by);
create index documents_that_expire on public.instructor_documents (expires_on) where is_verified;

comment on table public.instructor_documents is 'An instructor''s documents; for the instructor and the admins.';
comment on column public.instructor_documents.is_verified is 'What an admin has decided; null: nobody has yet.';
comment on column public.instructor_documents.expires_on is 'The last day on which it is valid, by the instructor''s time zone; null: for ever.';
comment on column public.instructor_documents.file_path is
    'Where a copy is in Storage''s bucket documents: a folder of the organization''s id, in it one of the instructor''s.';

alter table public.instructor_documents enable row level security;

create trigger touch_updated_at
    before update on public.instructor_documents
    for each row execute function private.touch_updated_at();

select private.audit_table('public.instructor_documents', 'id', '{document_number,file_path}');
