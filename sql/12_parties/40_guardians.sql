-- Offers the guardianship of a learner to an address; it begins when the owner of that address consents, within 14 days. For the
-- learner, and for admins of the organization if the learner is under 18 or has no login: adults choose for themselves who acts
-- for them. Definer: nobody writes guardianships directly.
create function private.link_guardian(
    p_learner_id uuid,
    p_guardian_email text,
    p_relation text,
    p_can_view boolean,
    p_can_book boolean,
    p_can_pay boolean
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    learner public.learners;
    person uuid := private.require_person();
    new_link_id uuid;
    broken_rule text;
    missing_column text;
begin
    select * into learner
    from public.learners
    where id = p_learner_id
        and (id = any (private.my_learner_ids()) or org_id = any (private.my_admin_org_ids()));
    if not found then
        perform private.refuse_unknown_learner();
    end if;
    if learner.user_id is not null
        and learner.user_id <> person
        and not private.is_minor(private.date_of_birth_of(learner.id))
    then
        perform private.refuse(
            'PT422', 'learner_is_adult',
            'An adult learner chooses for themselves who acts for them.',
            'Ask the learner to call link_guardian; for a learner under 18, set the date of birth first.'
        );
    end if;
    perform private.assert_may_offer_guardianship(learner.id, person);
    if lower(trim(p_guardian_email)) = private.verified_email(learner.user_id) then
        perform private.refuse(
            'PT422', 'own_guardian',
            'A learner cannot be their own guardian.',
            'Give the address of a parent or another adult.'
        );
    end if;

    update public.learner_guardians
    set revoked_at = private.clock()
    where org_id = learner.org_id
        and learner_id = learner.id
        and lower(guardian_email) = lower(trim(p_guardian_email))
        and num_nonnulls(consented_at, revoked_at) = 0
        and expires_at <= private.clock();
    insert into public.learner_guardians (
        org_id, learner_id, guardian_email, relation, can_view, can_book, can_pay, invited_by
    )
    values (
        learner.org_id, learner.id, lower(trim(p_guardian_email)), p_relation, p_can_view, p_can_book, p_can_pay, person
    )
    on conflict do nothing
    returning id into new_link_id;

    if new_link_id is null then
        perform private.refuse(
            'PT409', 'guardian_is_linked',
            'That address is linked to the learner already.',
            'To change the rights, revoke that link first.'
        );
    end if;
    return new_link_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Refuses the eleventh offer for one learner within 24 hours, and a person's 51st, whatever became of the others: each leads to a mail to
-- somebody who did not ask for it. The person's profile and the learner's row are locked, so that offers made at once are counted one by one.
create function private.assert_may_offer_guardianship(p_learner_id uuid, p_user_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    max_a_day constant integer := 10;
    max_a_person constant integer := 50;
begin
    perform from public.profiles where id = p_user_id for no key update;
    perform from public.learners where id = p_learner_id for no key update;
    if (
        select count(*)
        from public.learner_guardians link
        where link.learner_id = p_learner_id
            and link.created_at > private.clock() - interval '24 hours'
    ) >= max_a_day then
        perform private.refuse(
            'PT429', 'too_many_guardians',
            format('%s guardianships a day can be offered for a learner.', max_a_day),
            'Go on tomorrow.'
        );
    end if;
    if (
        select count(*)
        from public.learner_guardians link
        where link.invited_by = p_user_id
            and link.created_at > private.clock() - interval '24 hours'
    ) >= max_a_person then
        perform private.refuse(
            'PT429', 'too_many_guardians',
            format('A person can offer %s guardianships a day.', max_a_person),
            'Go on tomorrow, or let another admin of the school do it.'
        );
    end if;
end;
$$;

-- The guardian accepts an offer, once, signed in with the verified address that it was made to. From then on the link belongs to the
-- person: the address, and whoever owns it later, counts no more. Definer: nobody writes guardianships directly.
create function private.give_guardian_consent(p_learner_guardian_id uuid)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
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
        and (
            guardian_id = private.my_guardian_id()
            or (
                consented_at is null
                and expires_at > private.clock()
                and lower(guardian_email) = private.verified_email(person)
            )
        )
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'guardianship_not_found',
            'There is no guardianship with that id that was offered to you.',
            'Sign in with the verified address that it was offered to.'
        );
    end if;
    if link.guardian_id is not null then
        return link.guardian_id;
    end if;
    if exists (
        select
        from public.learners learner
        join public.learner_details details on details.org_id = learner.org_id and details.learner_id = learner.id
        where learner.user_id = person
            and (learner.org_id = link.org_id or details.is_birth_self_declared)
            and private.is_minor(details.date_of_birth)
    ) then
        perform private.refuse(
            'PT422', 'guardian_is_minor',
            'A guardian must be at least 18.',
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
        consented_at = private.clock()
    where org_id = link.org_id
        and id = link.id;
    return new_guardian_id;
end;
$$;

-- Ends a guardianship or withdraws its offer. For the guardian, the owner of the address that it was offered to, admins of the
-- organization, and the learner; a learner under 18 can withdraw an offer only.
-- Definer: nobody writes guardianships directly.
create function private.revoke_guardian(p_learner_guardian_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();

    update public.learner_guardians link
    set revoked_at = private.clock()
    where link.id = p_learner_guardian_id
        and link.revoked_at is null
        and (
            link.org_id = any (private.my_admin_org_ids())
            or link.guardian_id = private.my_guardian_id()
            or (link.consented_at is null and lower(link.guardian_email) = private.my_verified_email())
            or (
                link.learner_id = any (private.my_learner_ids())
                and (link.consented_at is null or not private.is_minor(private.date_of_birth_of(link.learner_id)))
            )
        );

    if not found then
        perform private.refuse(
            'PT404', 'guardianship_not_found',
            'There is no guardianship with that id that you can end.',
            'Check the id.'
        );
    end if;
end;
$$;

-- A learner is never their own guardian, whichever of the two rows gets the login last and whoever writes it. The learner's
-- row is locked, so that a login that another transaction is linking is seen.
-- Definer: the writer may not see the other table. The trigger's argument is the column that holds the learner's id.
create function private.forbid_own_guardian()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform from public.learners where id = (to_jsonb(new) ->> tg_argv[0])::uuid for key share;

    if exists (
        select
        from public.learner_guardians link
        join public.guardians guardian on guardian.id = link.guardian_id
        join public.learners learner on learner.org_id = link.org_id and learner.id = link.learner_id
        where link.learner_id = (to_jsonb(new) ->> tg_argv[0])::uuid
            and link.revoked_at is null
            and learner.user_id = guardian.user_id
    ) then
        perform private.refuse(
            'PT422', 'own_guardian',
            'A learner cannot be their own guardian.',
            'The guardian needs a login of their own.'
        );
    end if;
    return null;
end;
$$;

create trigger forbid_own_guardian
    after insert or update on public.learner_guardians
    for each row
    when (new.guardian_id is not null)
    execute function private.forbid_own_guardian('learner_id');

create trigger forbid_own_guardian
    after update of user_id on public.learners
    for each row
    when (new.user_id is not null)
    execute function private.forbid_own_guardian('id');
