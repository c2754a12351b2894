-- A learner is never their own guardian, whichever of the two gets the login last and whoever writes it. The learner's row is
-- locked, so that a login that is linked right now is seen.
-- Definer: the writer may not see the other table. The argument is the column that holds the learner's id.
create function private.forbid_own_guardian()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform from public.learners where id = (to_jsonb(new) ->> tg_argv[0])::uuid for key share;

    if exists (
        select
        from public.learner_guardians link
        join public.guardians guardian on guardian.id = link.guardian_id
        join public.learners learner on learner.id = link.learner_id
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
