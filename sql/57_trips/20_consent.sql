-- Gives or withdraws the caller's agreement to the tracking of a learner's lessons: as the learner, or as a guardian who may view.
-- Definer: nobody writes agreements directly.
create function private.set_trip_consent(p_learner_id uuid, p_agrees boolean)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person constant uuid := private.require_person();
begin
    if not coalesce(p_learner_id = any (private.my_family_ids()), false) then
        perform private.refuse_unknown_learner();
    end if;

    insert into public.trip_consents as known (org_id, learner_id, user_id, agrees)
    select learner.org_id, learner.id, person, coalesce(p_agrees, false)
    from public.learners learner
    where learner.id = p_learner_id
    on conflict (org_id, learner_id, user_id) do update
        set agrees = excluded.agrees
        where known.agrees <> excluded.agrees;
end;
$$;

-- Whether a learner's lessons may be tracked: unless the learner, or the guardian of a minor, has said no; a minor's only if the learner and
-- a guardian have both said yes. A guardian's word counts while they are the guardian.
create function private.may_be_tracked(p_learner_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select not coalesce(bool_or(not said.agrees), false)
            and (
                not private.is_minor(private.date_of_birth_of(p_learner_id))
                or coalesce(bool_or(said.is_learner) and bool_or(not said.is_learner), false)
            )
        from (
            select consent.agrees, consent.user_id is not distinct from learner.user_id as is_learner
            from public.trip_consents consent
            join public.learners learner on learner.org_id = consent.org_id and learner.id = consent.learner_id
            where consent.learner_id = p_learner_id
                and (
                    consent.user_id = learner.user_id
                    or consent.learner_id = any (private.ward_ids(consent.user_id, 'view'))
                )
        ) said
    );
end;
$$;

-- Refuses to track a learner who, or whose guardian, has not agreed.
create function private.assert_may_be_tracked(p_learner_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not private.may_be_tracked(p_learner_id) then
        perform private.refuse(
            'PT409', 'tracking_not_agreed',
            'This learner''s lessons are not tracked.',
            'Learners under 18 and a guardian agree with set_trip_consent; an adult may object there.'
        );
    end if;
end;
$$;
