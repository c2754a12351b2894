-- Locks a person's rows as a learner, in each organization, so that one person's requests come one after the other and a double
-- click waits here.
create function private.lock_learner(p_learner_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    select learner.id
    from public.learners learner
    where learner.id = p_learner_id
        or learner.user_id = (select known.user_id from public.learners known where known.id = p_learner_id)
    order by learner.id
    for no key update;
$$;
