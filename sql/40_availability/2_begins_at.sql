-- The instant at which a range of local times begins. A time that the clocks skip, which "at time zone" would make as long
-- after the skip, is as long before it, so that no range ends before it begins.
create function private.begins_at(p_local_time timestamp, p_time_zone text)
    returns timestamptz
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    nominal timestamptz := p_local_time at time zone p_time_zone;
begin
    return nominal - (nominal at time zone p_time_zone - p_local_time);
end;
$$;
