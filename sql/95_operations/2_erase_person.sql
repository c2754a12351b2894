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
begin
    if p_user_id is distinct from private.require_person() then
        perform private.require_platform_admin(p_reason);
    end if;
    perform private.check_person_is_settled(p_user_id);

    delete from public.organization_members where user_id = p_user_id;
    perform private.erase_instructor(instructor.id)
    from public.instructors instructor
    where instructor.user_id = p_user_id;
    perform private.erase_learner(learner.id)
    from public.learners learner
    where learner.user_id = p_user_id;

    update public.learner_guardians link
    set revoked_at = coalesce(link.revoked_at, private.clock()),
        guardian_email = 'erased@invalid'
    from public.guardians guardian
    where guardian.user_id = p_user_id
        and link.guardian_id = guardian.id;
    update public.guardians
    set full_name = 'Erased guardian',
        phone = null,
        email = 'erased@invalid',
        user_id = null
    where user_id = p_user_id;

    update public.invitations
    set email = 'erased@invalid'
    where accepted_by = p_user_id;
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
