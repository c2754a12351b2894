-- True for an adult, and for a minor with a guardian who has consented in this organization.
create function private.has_required_consent(p_learner_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return not private.is_minor(private.date_of_birth_of(p_learner_id)) or exists (
        select
        from public.learner_guardians link
        where link.learner_id = p_learner_id
            and link.consented_at is not null
            and link.revoked_at is null
    );
end;
$$;

-- A learner's date of birth as it counts in the learner's organization: the one that is known there, else the person's own word
-- elsewhere (of two the later). What one organization has recorded about a person counts in no other.
create function private.date_of_birth_of(p_learner_id uuid)
    returns date
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce(
            details.date_of_birth,
            (
                select max(declared.date_of_birth)
                from public.learners same_person
                join public.learner_details declared
                    on declared.org_id = same_person.org_id
                    and declared.learner_id = same_person.id
                    and declared.is_birth_self_declared
                where same_person.user_id = learner.user_id
            )
        )
        from public.learners learner
        join public.learner_details details on details.org_id = learner.org_id and details.learner_id = learner.id
        where learner.id = p_learner_id
    );
end;
$$;

-- True for a person under 18 by today's UTC date. A person without a date of birth counts as an adult.
create function private.is_minor(p_date_of_birth date)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(p_date_of_birth + interval '18 years' > private.clock() at time zone 'UTC', false);
end;
$$;
