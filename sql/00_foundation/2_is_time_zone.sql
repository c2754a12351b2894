-- Is this a zone of the IANA database? Abbreviations and POSIX rules, which know no history, are not.
create function private.is_time_zone(p_name text)
    returns boolean
    language plpgsql
    immutable
    security invoker
    set search_path = ''
as $$
begin
    if p_name !~ '^(UTC|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z0-9_+-]+){1,2})$' then
        return false;
    end if;
    perform timestamp '2000-01-01' at time zone p_name;
    return true;
exception
    when invalid_parameter_value then
        return false;
end;
$$;

comment on function private.is_time_zone is
    'True for a name such as Europe/London. Immutable in practice: zones are added, never removed.';
