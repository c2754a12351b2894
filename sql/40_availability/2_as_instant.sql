-- The instant of a local time. Of one that occurs twice it is the second; of one that the clocks skip, the moment at which
-- they skip it, so that a range of local times never ends before it begins.
create function private.as_instant(p_local_time timestamp, p_time_zone text)
    returns timestamptz
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    nominal constant timestamptz := p_local_time at time zone p_time_zone;
    skipped constant interval := (nominal at time zone p_time_zone) - p_local_time;
begin
    if skipped = interval '0' then
        return nominal;
    end if;
    return (
        select min(moment)
        from generate_series(nominal - skipped, nominal, interval '1 minute') moment
        where moment at time zone p_time_zone >= p_local_time
    );
end;
$$;
