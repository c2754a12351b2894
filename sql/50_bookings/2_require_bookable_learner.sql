-- The learner for whom the caller may book in an organization: oneself, whom one is guardian of with that right, or one of
-- a school that one administers. Under 18, only with a guardian's consent.
create function private.require_bookable_learner(p_learner_user_id uuid, p_learner_id uuid, p_org_id uuid)
    returns public.learners
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
declare
    person uuid := private.require_person();
    learner public.learners;
begin
    if p_learner_id is null and p_learner_user_id = person then
        learner := private.ensure_learner(person, p_org_id);
    else
        select candidate.* into learner
        from public.learners candidate
        where candidate.org_id = p_org_id
            and candidate.id = coalesce(p_learner_id, candidate.id)
            and (
                candidate.user_id = p_learner_user_id
                or (p_learner_id is not null and coalesce(p_learner_user_id, person) = person)
            )
            and (
                candidate.user_id = person
                or candidate.id = any (private.ward_ids(person, 'book'))
                or candidate.org_id = any (private.my_admin_org_ids())
            );
        if learner.user_id is not null then
            learner := private.ensure_learner(learner.user_id, p_org_id);
        end if;
    end if;

    if learner.id is null then
        perform private.refuse(
            '42501', 'not_yourself',
            'You can book lessons for yourself and for those you answer for only.',
            'Send your own user id as p_learner_user_id, or the learner you are guardian of.'
        );
    end if;
    if not private.has_consent(learner.id) then
        perform private.refuse(
            'PT422', 'consent_required',
            'A learner under 18 needs a guardian''s consent.',
            'Call link_guardian, and let the guardian accept with give_guardian_consent.'
        );
    end if;
    return learner;
end;
$$;
