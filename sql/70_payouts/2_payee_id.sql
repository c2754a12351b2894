-- Who is paid for an instructor's work: the instructor, or the organization; always the organization for an instructor
-- without a login, who could not have an account.
create function private.payee_id(p_instructor_id uuid)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select case
        when details.payee = 'organization' or instructor.user_id is null then instructor.org_id
        else instructor.id
    end
    from public.instructors instructor
    join public.instructor_details details on details.instructor_id = instructor.id
    where instructor.id = p_instructor_id;
$$;
