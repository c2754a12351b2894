-- Adds a document, which waits for an admin's decision; for the instructor and the organization's admins. A renewed one is added anew.
-- Definer: nobody writes documents directly.
create function private.add_document(
    p_instructor_id uuid,
    p_kind public.document_kind,
    p_document_number text,
    p_expires_on date,
    p_file_path text
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
    new_document_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_person();
    select * into instructor
    from public.instructors
    where id = p_instructor_id
        and (
            id = any (private.my_instructor_ids())
            or org_id = any (private.my_admin_org_ids())
        )
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'You are not this instructor, nor an admin of the school.',
            'Check the id and who is signed in.'
        );
    end if;
    perform private.assert_documents_are_few(instructor.id);

    insert into public.instructor_documents (org_id, instructor_id, kind, document_number, expires_on, file_path)
    values (instructor.org_id, instructor.id, p_kind, p_document_number, p_expires_on, p_file_path)
    returning id into new_document_id;
    perform private.raise_alert(
        instructor.org_id, null, 'document_added',
        format('An instructor has added a document (%s). Call verify_document.', p_kind),
        'instructor_documents', new_document_id, format('document:%s:added', new_document_id)
    );
    return new_document_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
end;
$$;

-- Refuses more than twenty documents that wait for a decision.
create function private.assert_documents_are_few(p_instructor_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if (
        select count(*)
        from public.instructor_documents document
        where document.instructor_id = p_instructor_id
            and document.is_verified is null
    ) >= 20 then
        perform private.refuse(
            'PT409', 'too_many_documents',
            'Twenty documents wait for a decision already.',
            'Wait until an admin has looked at them.'
        );
    end if;
end;
$$;

-- Decides about a document; for admins of its organization, but not about their own, even if they teach there no more, and for the
-- platform's.
-- Definer: nobody writes documents directly.
create function private.verify_document(p_document_id uuid, p_is_valid boolean)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
    document public.instructor_documents;
begin
    select * into document
    from public.instructor_documents
    where id = p_document_id
        and org_id = any (private.my_admin_org_ids())
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'document_not_found',
            'Your organization has no such document.',
            'Check the id and who is signed in.'
        );
    end if;
    if document.instructor_id = any (private.my_earner_ids()) then
        perform private.refuse(
            '42501', 'own_document',
            'Nobody verifies their own documents.',
            'Ask another admin of the school, or the platform''s support.'
        );
    end if;

    update public.instructor_documents
    set is_verified = coalesce(p_is_valid, false),
        decided_by = person,
        decided_at = private.clock()
    where org_id = document.org_id
        and id = document.id;
    update public.alerts
    set resolved_at = private.clock()
    where org_id = document.org_id
        and idempotency_key = format('document:%s:added', document.id)
        and resolved_at is null;
    if p_is_valid is not true then
        perform private.raise_alert(
            document.org_id, document.instructor_id, 'document_rejected',
            format('A document (%s) was not accepted. Add another one.', document.kind),
            'instructor_documents', document.id,
            format('document:%s:rejected:%s', document.id, extract(epoch from private.clock()))
        );
    end if;
end;
$$;
