-- Takes back what was offered to a person or their proven address, and the address with it.
create function private.withdraw_offers(p_user_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    update public.learner_guardians
    set revoked_at = coalesce(revoked_at, private.clock()),
        guardian_email = 'erased@invalid',
        relation = null
    where guardian_id is null
        and lower(guardian_email) = private.verified_email(p_user_id);
    update public.invitations
    set email = 'erased@invalid',
        revoked_at = case when accepted_at is null then coalesce(revoked_at, private.clock()) end
    where accepted_by = p_user_id
        or lower(email) = private.verified_email(p_user_id);
$$;
