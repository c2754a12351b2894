-- May this learner be booked: grown up, or with a guardian who has consented? A login that is a minor's in one organization is
-- a minor's in all of them.
create function private.has_consent(p_learner_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return not exists (
        select
        from public.learners learner
        join public.learners place on place.id = learner.id or place.user_id = learner.user_id
        join public.learner_details details on details.learner_id = place.id
        where learner.id = p_learner_id
            and private.is_minor(details.date_of_birth)
    ) or exists (
        select
        from public.learner_guardians link
        where link.learner_id = p_learner_id
            and link.consented_at is not null
            and link.revoked_at is null
    );
end;
$$;
