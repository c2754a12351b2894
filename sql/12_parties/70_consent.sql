-- True for an adult, and for a minor with a guardian who has consented. A login is one person in all organizations: a minor in
-- one of them is a minor in all, and the consent given in one counts in all.
create function private.has_required_consent(p_learner_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    same_person_ids constant uuid[] := array(
        select same_person.id
        from public.learners learner
        join public.learners same_person on same_person.id = learner.id or same_person.user_id = learner.user_id
        where learner.id = p_learner_id
    );
begin
    return not exists (
        select
        from public.learner_details details
        where details.learner_id = any (same_person_ids)
            and private.is_minor(details.date_of_birth)
    ) or exists (
        select
        from public.learner_guardians link
        where link.learner_id = any (same_person_ids)
            and link.consented_at is not null
            and link.revoked_at is null
    );
end;
$$;

-- True for a person under 18 by today's UTC date. A person without a date of birth counts as an adult.
create function private.is_minor(p_date_of_birth date)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(p_date_of_birth + interval '18 years' > private.clock() at time zone 'UTC', false);
$$;
