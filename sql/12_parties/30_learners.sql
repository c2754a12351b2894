-- Adds a learner to a school, without a login until an invitation links one.
-- Definer: people may not insert learners themselves.
create function private.add_learner(
    p_org_id uuid,
    p_full_name text,
    p_email text,
    p_phone text,
    p_date_of_birth date,
    p_notes text
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    new_learner_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_org_admin(p_org_id);
    perform private.assert_date_of_birth_is_plausible(p_date_of_birth);

    insert into public.learners (org_id, full_name, email, phone)
    values (p_org_id, trim(p_full_name), p_email, p_phone)
    returning id into new_learner_id;

    update public.learner_details
    set date_of_birth = p_date_of_birth,
        notes = p_notes
    where learner_id = new_learner_id;
    return new_learner_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Every learner has a private half. Definer: the writer of one table need not be a writer of the other.
create function private.add_learner_details()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    insert into public.learner_details (learner_id, org_id) values (new.id, new.org_id);
    return null;
end;
$$;

create trigger add_learner_details
    after insert on public.learners
    for each row execute function private.add_learner_details();

-- The person as a learner of an organization. The marketplace takes everybody in; a school adds its learners itself, and
-- who has left it is a learner there no more.
create function private.ensure_learner(p_user_id uuid, p_org_id uuid)
    returns public.learners
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    learner public.learners;
    profile public.profiles;
begin
    select candidate.* into learner
    from public.learners candidate
    join public.organization_members member
        on member.org_id = candidate.org_id
        and member.user_id = candidate.user_id
        and member.role = 'learner'
    where candidate.org_id = p_org_id
        and candidate.user_id = p_user_id;
    if found then
        return learner;
    end if;

    select * into profile from public.profiles where id = p_user_id;
    if not found or p_org_id is distinct from private.marketplace_id() then
        perform private.refuse(
            '42501', 'not_a_learner_here',
            'Only learners of this organization can book here.',
            'Ask the school to add you as a learner.'
        );
    end if;

    insert into public.learners (org_id, user_id, full_name, email, phone)
    values (
        p_org_id,
        p_user_id,
        coalesce(nullif(profile.full_name, ''), nullif(profile.display_name, ''), 'Learner'),
        profile.email,
        profile.phone
    )
    on conflict (org_id, user_id) do nothing;

    insert into public.organization_members (org_id, user_id, role)
    values (p_org_id, p_user_id, 'learner')
    on conflict do nothing;

    select * into strict learner from public.learners where org_id = p_org_id and user_id = p_user_id;
    return learner;
end;
$$;

-- Sets a learner's date of birth: the learner or a guardian once, an admin of the organization also again.
-- Definer: it decides who needs a guardian, so nobody may update it themselves.
create function private.set_date_of_birth(p_learner_id uuid, p_date_of_birth date)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    details public.learner_details;
begin
    perform private.require_person();
    select * into details
    from public.learner_details
    where learner_id = p_learner_id
        and (learner_id = any (private.my_family_ids()) or org_id = any (private.my_admin_org_ids()))
    for no key update;

    if not found then
        perform private.refuse_unknown_learner();
    end if;
    if details.date_of_birth is not null and not details.org_id = any (private.my_admin_org_ids()) then
        perform private.refuse(
            'PT409', 'date_of_birth_is_set',
            'The date of birth has been given already.',
            'Ask the school, or the platform''s support, to correct it.'
        );
    end if;
    if p_date_of_birth is null then
        perform private.refuse_violation('', 'date_of_birth');
    end if;
    perform private.assert_date_of_birth_is_plausible(p_date_of_birth);

    update public.learner_details set date_of_birth = p_date_of_birth where learner_id = p_learner_id;
end;
$$;

-- Refuses a date on which nobody who takes lessons can have been born.
create function private.assert_date_of_birth_is_plausible(p_date_of_birth date)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if p_date_of_birth not between date '1900-01-01' and (private.clock() at time zone 'UTC')::date then
        perform private.refuse(
            'PT422', 'birth_is_plausible',
            'That is no date of birth.',
            'Send a date in the past, as YYYY-MM-DD.'
        );
    end if;
end;
$$;

create function private.refuse_unknown_learner()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    perform private.refuse(
        'PT404', 'learner_not_found',
        'There is no such learner whom you answer for.',
        'Check the id, and that you are signed in as the right person.'
    );
end;
$$;

-- The learner for whom the caller may book in an organization: oneself, whom one is guardian of with that right, or one of
-- a school that one administers. Under 18, only with a guardian's consent.
create function private.require_bookable_learner(p_learner_user_id uuid, p_learner_id uuid, p_org_id uuid)
    returns public.learners
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    person uuid := private.require_person();
    learner public.learners;
begin
    if p_learner_id is null and p_learner_user_id = person then
        learner := private.ensure_learner(person, p_org_id);
    else
        select candidate.* into learner
        from public.learners candidate
        where candidate.org_id = p_org_id
            and candidate.id = coalesce(p_learner_id, candidate.id)
            and (
                candidate.user_id = p_learner_user_id
                or (p_learner_id is not null and coalesce(p_learner_user_id, person) = person)
            )
            and (
                candidate.user_id = person
                or candidate.id = any (private.ward_ids(person, 'book'))
                or candidate.org_id = any (private.my_admin_org_ids())
            );
        if learner.user_id is not null then
            learner := private.ensure_learner(learner.user_id, p_org_id);
        end if;
    end if;

    if learner.id is null then
        perform private.refuse(
            '42501', 'not_yourself',
            'You can book lessons for yourself and for those you answer for only.',
            'Send your own user id as p_learner_user_id, or the learner you are guardian of.'
        );
    end if;
    if not private.has_required_consent(learner.id) then
        perform private.refuse(
            'PT422', 'consent_required',
            'A learner under 18 needs a guardian''s consent.',
            'Call link_guardian, and let the guardian accept with give_guardian_consent.'
        );
    end if;
    return learner;
end;
$$;

-- Locks a person's rows as a learner, in each organization, so that one person's requests come one after the other and a double
-- click waits here.
create function private.lock_learner(p_learner_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    select learner.id
    from public.learners learner
    where learner.id = p_learner_id
        or learner.user_id = (select known.user_id from public.learners known where known.id = p_learner_id)
    order by learner.id
    for no key update;
$$;
