-- Ends a guardianship, or its offer: the guardian, whom it was offered to, an admin of the organization, or the learner, who
-- when under age can take back no more than an offer.
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
            or (link.consented_at is null and lower(link.guardian_email) = private.my_verified_email())
            or (
                link.learner_id = any (private.my_learner_ids())
                and (link.consented_at is null or not private.is_minor(details.date_of_birth))
            )
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
