-- The learner for whom the caller may book in an organization: the caller, a learner whose guardian the caller is with the
-- right to book, or a learner of a school that the caller administers. A learner under 18 needs a guardian's consent.
-- Called by bookings, credits and discount codes.
create function private.require_bookable_learner(p_learner_user_id uuid, p_learner_id uuid, p_org_id uuid)
    returns public.learners
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
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

    if learner.id is null and p_learner_id = any (private.ward_ids(person, 'view')) then
        perform private.refuse(
            '42501', 'may_not_book',
            'You may see this learner''s lessons, but not book any.',
            'Ask for the right to book, or let the learner or another guardian book.'
        );
    end if;
    if learner.id is null then
        perform private.refuse(
            '42501', 'not_yourself',
            'You can book lessons only for yourself, for learners whose guardian you are, and for learners of your school.',
            'Send your own user id as p_learner_user_id, or the learner you are guardian of.'
        );
    end if;
    if not private.has_required_consent(learner.id) then
        perform private.refuse(
            'PT422', 'consent_required',
            'A learner under 18 needs a guardian''s consent.',
            'Call link_guardian; then the guardian accepts with give_guardian_consent.'
        );
    end if;
    return learner;
end;
$$;

-- Refuses to spend what is a learner's: codes by anybody but the learner and a guardian who may book, prepaid hours and rewards, which are
-- money, by anybody but the learner and a guardian who may book and pay. A school spends nothing of its learners, whatever their age.
create function private.assert_may_spend(p_learner public.learners, p_is_money boolean)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.my_user_id();
begin
    if p_learner.user_id is distinct from person
        and not (
            p_learner.id = any (private.ward_ids(person, 'book'))
            and (not p_is_money or p_learner.id = any (private.ward_ids(person, 'pay')))
        )
    then
        perform private.refuse(
            'PT422', 'learner_spends',
            'Prepaid hours, codes and rewards are spent by the learner, or by a guardian who may pay.',
            'Leave them out, or let the learner book.'
        );
    end if;
end;
$$;

-- The person's learner row in an organization. The marketplace creates one for everybody who books; a school adds its learners
-- itself, and a learner who has left the school is refused. Caller: require_bookable_learner.
create function private.ensure_learner(p_user_id uuid, p_org_id uuid)
    returns public.learners
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
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
            'Only learners of this school can book here.',
            'Ask the school to add you as a learner.'
        );
    end if;

    insert into public.learners (org_id, user_id, full_name)
    values (p_org_id, p_user_id, coalesce(nullif(profile.full_name, ''), nullif(profile.display_name, ''), 'Learner'))
    on conflict (org_id, user_id) do nothing
    returning * into learner;
    update public.learner_contacts
    set email = case when private.is_email(profile.email) then profile.email end,
        phone = profile.phone
    where learner_id = learner.id;

    insert into public.organization_members (org_id, user_id, role)
    values (p_org_id, p_user_id, 'learner')
    on conflict do nothing;

    select * into strict learner from public.learners where org_id = p_org_id and user_id = p_user_id;
    return learner;
end;
$$;

-- Locks a person as a learner, in every organization, so that one person's requests come one after the other and the second of a
-- double click waits here. The profile is locked first: the rows of other organizations may appear between two calls in one
-- transaction, and two transactions that lock them in different orders would deadlock.
create function private.lock_learner(p_learner_id uuid)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    person_id constant uuid := (select learner.user_id from public.learners learner where learner.id = p_learner_id);
begin
    perform from public.profiles where id = person_id for no key update;
    perform
    from public.learners learner
    where learner.id = p_learner_id
        or learner.user_id = person_id
    order by learner.id
    for no key update;
end;
$$;
