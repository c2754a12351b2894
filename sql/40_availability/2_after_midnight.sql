-- A day if a range of local times ends on the day after it began.
create function private.after_midnight(p_start_time time, p_end_time time)
    returns interval
    language plpgsql
    immutable
    security invoker
    set search_path = ''
as $$
begin
    return case when p_end_time <= p_start_time then interval '1 day' else interval '0' end;
end;
$$;
