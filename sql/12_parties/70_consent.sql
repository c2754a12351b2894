-- May this learner be booked: grown up, or with a guardian who has consented? A login is one person in all organizations: who
-- is under age in one is so everywhere, and consent was given for the person.
create function private.has_required_consent(p_learner_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    places constant uuid[] := array(
        select place.id
        from public.learners learner
        join public.learners place on place.id = learner.id or place.user_id = learner.user_id
        where learner.id = p_learner_id
    );
begin
    return not exists (
        select
        from public.learner_details details
        where details.learner_id = any (places)
            and private.is_minor(details.date_of_birth)
    ) or exists (
        select
        from public.learner_guardians link
        where link.learner_id = any (places)
            and link.consented_at is not null
            and link.revoked_at is null
    );
end;
$$;

-- Under 18 today, by the UTC date? Somebody whose date of birth nobody has given counts as grown up.
create function private.is_minor(p_date_of_birth date)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select coalesce(p_date_of_birth + interval '18 years' > private.clock() at time zone 'UTC', false);
$$;
