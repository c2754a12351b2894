create function public.add_document(
    p_instructor_id uuid,
    p_kind public.document_kind,
    p_document_number text,
    p_expires_on date default null,
    p_file_path text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.add_document(p_instructor_id, p_kind, p_document_number, p_expires_on, p_file_path);

comment on function public.add_document is
    'Adds an instructor''s document, valid until p_expires_on or for ever, for an admin to verify; a renewed one is added anew. Put the copy '
    'into Storage''s bucket documents first, at <organization>/<instructor>/<name>. For the instructor and the school''s admins. Once a kind '
    'of document was verified and has lapsed, nothing new can be booked until the next one is verified. Errors: sign_in_required, '
    'instructor_not_found, too_many_documents, value_missing, and the rules of public.instructor_documents.';

create function public.verify_document(p_document_id uuid, p_is_valid boolean)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.verify_document(p_document_id, p_is_valid);

comment on function public.verify_document is
    'Verifies a document, or rejects it; for admins of its organization, but not about their own, and the platform''s. Errors: '
    'sign_in_required, document_not_found, own_document.';
