-- Refuses a date on which nobody who takes lessons can have been born.
create function private.check_date_of_birth(p_date_of_birth date)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if p_date_of_birth not between date '1900-01-01' and (private.clock() at time zone 'UTC')::date then
        perform private.refuse(
            'PT422', 'birth_is_plausible',
            'That is no date of birth.',
            'Send a date in the past, as YYYY-MM-DD.'
        );
    end if;
end;
$$;
