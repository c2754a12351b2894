-- Anonymises a person and keeps the books: names, addresses, notes and contacts go, amounts and times stay. The login can be
-- deleted afterwards, and not before. By the person, or an admin of the platform for them.
-- Definer: reaches into every room.
create function private.erase_person(p_user_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    learner_ids uuid[];
    instructor_ids uuid[];
begin
    if p_user_id is distinct from private.require_person() then
        perform private.require_platform_admin(p_reason);
    end if;
    perform private.check_person_can_be_erased(p_user_id);

    learner_ids := array(select learner.id from public.learners learner where learner.user_id = p_user_id for update);
    instructor_ids := array(select instructor.id from public.instructors instructor where instructor.user_id = p_user_id for update);
    perform private.check_is_settled(learner_ids, instructor_ids, p_user_id);

    delete from public.organization_members where user_id = p_user_id;
    perform private.anonymise_instructor(instructor_id) from unnest(instructor_ids) instructor_id;
    perform private.anonymise_learner(learner_id) from unnest(learner_ids) learner_id;
    perform private.anonymise_guardian(guardian.id) from public.guardians guardian where guardian.user_id = p_user_id;
    perform private.withdraw_offers(p_user_id);

    update public.profiles
    set email = null,
        full_name = null,
        display_name = 'Erased person',
        first_name = null,
        last_name = null,
        phone = null,
        avatar_url = null,
        external_id = null
    where id = p_user_id;
end;
$$;
