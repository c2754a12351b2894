-- The guardian accepts, with their own login and the address that the link was offered to.
-- Definer: nobody writes guardianships directly.
create function private.give_guardian_consent(p_learner_guardian_id uuid)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    person uuid := private.require_person();
    link public.learner_guardians;
    new_guardian_id uuid;
begin
    select * into link
    from public.learner_guardians
    where id = p_learner_guardian_id
        and revoked_at is null
        and lower(guardian_email) = private.verified_email(person)
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'guardianship_not_found',
            'No guardianship is offered to you under that id.',
            'Sign in with the verified address that it was offered to.'
        );
    end if;
    if exists (
        select
        from public.learners learner
        join public.learner_details details on details.learner_id = learner.id
        where learner.user_id = person
            and private.is_minor(details.date_of_birth)
    ) then
        perform private.refuse(
            'PT422', 'guardian_is_minor',
            'A guardian must be of age.',
            'Ask a parent or another adult.'
        );
    end if;

    insert into public.guardians as guardian (user_id, full_name, phone, email)
    select profile.id, coalesce(nullif(profile.full_name, ''), 'Guardian'), profile.phone, profile.email
    from public.profiles profile
    where profile.id = person
    on conflict (user_id) do update set email = excluded.email
    returning guardian.id into new_guardian_id;

    update public.learner_guardians
    set guardian_id = new_guardian_id,
        consented_at = coalesce(consented_at, private.clock())
    where id = link.id;
    return new_guardian_id;
end;
$$;
