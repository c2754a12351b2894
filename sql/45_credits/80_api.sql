create function public.credit_balance(p_instructor_id uuid default null)
    returns table (
        learner_id uuid,
        instructor_id uuid,
        service_id uuid,
        minutes_left bigint,
        hours_left numeric,
        minutes_reserved bigint,
        next_expiry_at timestamptz
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        lot.learner_id,
        lot.instructor_id,
        lot.service_id,
        sum(lot.minutes_left) as minutes_left,
        round(sum(lot.minutes_left) / 60.0, 2) as hours_left,
        sum(lot.minutes_reserved) as minutes_reserved,
        min(lot.expires_at) as next_expiry_at
    from public.learner_credits lot
    where lot.learner_id = any ((select private.my_family_ids())::uuid[])
        and lot.status = 'active'
        and (lot.expires_at is null or private.clock() < lot.expires_at)
        and (p_instructor_id is null or lot.instructor_id = p_instructor_id)
    group by lot.learner_id, lot.instructor_id, lot.service_id
    order by lot.learner_id, lot.instructor_id, lot.service_id nulls first;
end;

comment on function public.credit_balance is
    'The prepaid minutes that the caller and the caller''s wards can still use, by instructor and service. service_id is null for minutes '
    'that pay for any lesson priced by the hourly rate.';
