-- Anonymises a learner who has no login, as erase_person does, for the school's admins.
-- Definer: changes tables of every room.
create function private.erase_learner(p_learner_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    learner public.learners;
begin
    perform private.require_person();
    select * into learner
    from public.learners
    where id = p_learner_id
        and org_id = any (private.my_admin_org_ids())
    for update;

    if not found then
        perform private.refuse(
            'PT404', 'learner_not_found',
            'Your organization has no such learner.',
            'Check the id.'
        );
    end if;
    if learner.user_id is not null then
        perform private.refuse_to_erase_login();
    end if;
    perform private.assert_nothing_is_outstanding(array[learner.id], '{}', null);
    perform private.anonymise_learner(learner.id);
end;
$$;

-- Anonymises an instructor who has no login, as erase_person does, for the school's admins.
-- Definer: changes tables of every room.
create function private.erase_instructor(p_instructor_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
begin
    perform private.require_person();
    select * into instructor
    from public.instructors
    where id = p_instructor_id
        and org_id = any (private.my_admin_org_ids())
    for update;

    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'Your organization has no such instructor.',
            'Check the id.'
        );
    end if;
    if instructor.user_id is not null then
        perform private.refuse_to_erase_login();
    end if;
    perform private.assert_nothing_is_outstanding('{}', array[instructor.id], null);
    perform private.anonymise_instructor(instructor.id);
end;
$$;

-- Refuses: a school may erase only those who cannot do it themselves.
create function private.refuse_to_erase_login()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT409', 'has_a_login',
        'This person has a login of their own.',
        'Ask the person, or a platform admin, to call erase_person.'
    );
end;
$$;
