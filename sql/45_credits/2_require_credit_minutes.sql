-- The minutes of so many hours, in quarters of an hour, up to 500 hours; of a service, in whole lessons.
create function private.require_credit_minutes(p_hours numeric, p_service public.services)
    returns integer
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if p_hours is null or p_hours in ('NaN', 'Infinity', '-Infinity')
        or p_hours <= 0 or p_hours > 500 or p_hours * 4 <> trunc(p_hours * 4)
    then
        perform private.refuse(
            'PT422', 'bad_hours',
            'Hours are sold in quarters, from a quarter to 500.',
            'Send p_hours such as 10 or 1.5.'
        );
    end if;
    if (p_hours * 60)::integer % p_service.duration_minutes <> 0 then
        perform private.refuse(
            'PT422', 'not_whole_lessons',
            format('This lesson takes %s minutes.', p_service.duration_minutes),
            'Buy as many hours as make whole lessons.'
        );
    end if;
    return (p_hours * 60)::integer;
end;
$$;
