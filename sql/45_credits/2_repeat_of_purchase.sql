-- The purchase that the same request made before, if it did. The learner's rows are locked by the caller.
create function private.repeat_of_purchase(
    p_learner_id uuid,
    p_client_key text,
    p_instructor_id uuid,
    p_service_id uuid,
    p_minutes integer
)
    returns public.learner_credits
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    credit public.learner_credits;
begin
    select * into credit
    from public.learner_credits
    where learner_id = p_learner_id
        and client_key = p_client_key;
    if found and (credit.instructor_id, credit.service_id, credit.minutes_purchased)
        is distinct from (p_instructor_id, p_service_id, p_minutes)
    then
        perform private.refuse(
            'PT409', 'client_key_reused',
            'This request was made before, for something else.',
            'Send a new p_client_key for a new purchase.'
        );
    end if;
    return credit;
end;
$$;
