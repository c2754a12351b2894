-- Is this a zone of the IANA database? Abbreviations and POSIX rules, which know no history, are not: but for Etc/GMT's
-- whole hours no zone has a number, which is what makes Postgres read an unknown name such as Europe/London+3 as a rule.
create function private.is_time_zone(p_name text)
    returns boolean
    language plpgsql
    immutable
    security invoker
    set search_path = ''
as $$
begin
    if p_name !~ '^(UTC|Etc/GMT(0|\+(\d|1[0-2])|-(\d|1[0-4]))|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_-]+){1,2})$' then
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
