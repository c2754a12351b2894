-- Refuses to offer the place of an instructor or a learner who is not the school's, or has a login already.
create function private.check_invited_party(p_org_id uuid, p_instructor_id uuid, p_learner_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if p_instructor_id is not null and not exists (
        select
        from public.instructors instructor
        where instructor.id = p_instructor_id
            and instructor.org_id = p_org_id
            and instructor.user_id is null
    ) then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'Your organization has no such instructor without a login.',
            'Check the id, or leave it out to invite somebody new.'
        );
    end if;
    if p_learner_id is not null and not exists (
        select
        from public.learners learner
        where learner.id = p_learner_id
            and learner.org_id = p_org_id
            and learner.user_id is null
    ) then
        perform private.refuse(
            'PT404', 'learner_not_found',
            'Your organization has no such learner without a login.',
            'Check the id, or leave it out to invite somebody new.'
        );
    end if;
end;
$$;
