-- Refuses a range of times that is empty, endless or longer than a number of days.
create function private.check_time_range(p_from timestamptz, p_to timestamptz, p_most_days integer)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if not coalesce(
        isfinite(p_from) and isfinite(p_to) and p_from < p_to and p_to <= p_from + make_interval(hours => 24 * p_most_days),
        false
    ) then
        perform private.refuse(
            'PT422', 'bad_time_range',
            format('Times are looked at for at most %s days at once.', p_most_days),
            'Send p_from before p_to, no further apart than that.'
        );
    end if;
end;
$$;
