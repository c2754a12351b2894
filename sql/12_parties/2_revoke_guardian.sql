-- Ends a guardianship, or takes back its offer: the guardian, an admin of the organization, or a learner who is of age.
-- Definer: nobody writes guardianships directly.
create function private.revoke_guardian(p_learner_guardian_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.require_person();

    update public.learner_guardians link
    set revoked_at = private.clock()
    from public.learner_details details
    where link.id = p_learner_guardian_id
        and link.revoked_at is null
        and details.learner_id = link.learner_id
        and (
            link.org_id = any (private.my_admin_org_ids())
            or link.guardian_id = private.my_guardian_id()
            or (link.learner_id = any (private.my_learner_ids()) and not private.is_minor(details.date_of_birth))
        );

    if not found then
        perform private.refuse(
            'PT404', 'guardianship_not_found',
            'There is no such guardianship that you can end.',
            'Check the id.'
        );
    end if;
end;
$$;
