-- The purchase that the same request made before, if it did. The learner's rows are locked by the caller.
create function private.repeat_of_purchase(
    p_learner_id uuid,
    p_client_key text,
    p_instructor_id uuid,
    p_service_id uuid,
    p_minutes integer,
    p_code text
)
    returns public.learner_credits
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    credit public.learner_credits;
    used_code_id uuid;
begin
    select * into credit
    from public.learner_credits
    where learner_id = p_learner_id
        and client_key = p_client_key;
    if not found then
        return null;
    end if;

    select coalesce(redemption.discount_code_id, redemption.referral_code_id) into used_code_id
    from public.code_redemptions redemption
    where redemption.credit_id = credit.id;
    if (credit.instructor_id, credit.service_id, credit.minutes_purchased, used_code_id is not null, used_code_id)
        is distinct from (
            p_instructor_id, p_service_id, p_minutes, p_code is not null,
            (private.find_code(p_code, credit.org_id)).code_id
        )
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
