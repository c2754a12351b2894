-- Has this person had a lesson, in any organization?
create function private.has_learnt_before(p_learner_person_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select exists (
        select
        from public.learners learner
        where (learner.user_id = p_learner_person_id or learner.id = p_learner_person_id)
            and learner.lesson_count > 0
    );
$$;
