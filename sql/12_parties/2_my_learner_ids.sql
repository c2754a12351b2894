-- The caller as a learner, in each organization. Definer: used by the policy of the table it reads.
create function private.my_learner_ids()
    returns uuid[]
    language plpgsql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
begin
    return array(
        select learner.id
        from public.learners learner
        where learner.user_id = private.my_user_id()
    );
end;
$$;
