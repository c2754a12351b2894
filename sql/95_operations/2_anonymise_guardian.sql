-- Takes a guardian's name, contacts and rights away, and the login.
create function private.anonymise_guardian(p_guardian_id uuid)
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
    where guardian_id = p_guardian_id;
    update public.guardians
    set full_name = 'Erased guardian',
        phone = null,
        email = 'erased@invalid',
        user_id = null
    where id = p_guardian_id;
$$;
