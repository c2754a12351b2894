-- The minutes of a learner's lots that would pay for a lesson, oldest lot first; no row if they do not suffice. A lot pays for
-- its one service, or for lessons that are priced by the hourly rate, in its currency.
create function private.plan_credit(
    p_learner_id uuid,
    p_instructor_id uuid,
    p_service_id uuid,
    p_is_hourly boolean,
    p_currency text,
    p_minutes integer
)
    returns setof private.credit_part
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    credit public.learner_credits;
    parts private.credit_part[] := '{}';
    missing integer := p_minutes;
begin
    for credit in
        select lot.*
        from public.learner_credits lot
        where lot.learner_id = p_learner_id
            and lot.instructor_id = p_instructor_id
            and lot.status = 'active'
            and lot.currency = p_currency
            and lot.minutes_left > 0
            and (lot.expires_at is null or private.clock() < lot.expires_at)
            and (lot.service_id = p_service_id or (lot.service_id is null and p_is_hourly))
        order by lot.activated_at, lot.id
    loop
        parts := parts || private.next_credit_part(credit, least(missing, credit.minutes_left));
        missing := missing - least(missing, credit.minutes_left);
        exit when missing = 0;
    end loop;

    if missing = 0 then
        return query select part.* from unnest(parts) part;
    end if;
end;
$$;
