-- May this learner be booked: grown up, or with a guardian who has consented?
create function private.has_consent(p_learner_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return exists (
        select
        from public.learner_details details
        where details.learner_id = p_learner_id
            and not private.is_minor(details.date_of_birth)
    ) or exists (
        select
        from public.learner_guardians link
        where link.learner_id = p_learner_id
            and link.consented_at is not null
            and link.revoked_at is null
    );
end;
$$;
