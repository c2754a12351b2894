-- The guardians of the caller's own learner rows, and of learners in organizations that the caller administers.
-- Definer: used by the policy of the table it reads.
create function private.my_learners_guardian_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return array(
        select link.guardian_id
        from public.learner_guardians link
        where link.guardian_id is not null
            and link.revoked_at is null
            and (
                link.learner_id = any (private.my_learner_ids())
                or link.org_id = any (private.my_admin_org_ids())
            )
    );
end;
$$;
