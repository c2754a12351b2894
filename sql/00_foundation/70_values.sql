-- A part of an amount, rounded half up, in integers. Nothing of nothing is nothing.
create function private.prorate(p_cents bigint, p_part bigint, p_whole bigint)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select case when p_whole = 0 then 0 else (2 * p_cents * p_part + p_whole) / (2 * p_whole) end;
$$;

-- Are these at most fifty words of 1 to 100 characters, as an index on tags can hold them?
create function private.tags_are_valid(p_tags text[])
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select count(*) <= 50 and coalesce(bool_and(tag is not null and length(tag) between 1 and 100), true)
    from unnest(p_tags) tag;
$$;

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

-- A text that came from outside as a uuid, or null if it is none.
create function private.uuid_or_null(p_text text)
    returns uuid
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select case
        when pg_input_is_valid(p_text, 'uuid') then p_text::uuid
    end;
$$;

-- The pattern of every text that contains this one as it stands, for (i)like; null for no text.
create function private.like_pattern(p_text text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select '%' || regexp_replace(p_text, '([\\%_])', '\\\1', 'g') || '%';
$$;

-- How many rows a page has: what was asked for, from 1 to 200, and 50 where nothing was.
create function private.page_size(p_limit integer)
    returns integer
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select least(greatest(coalesce(p_limit, 50), 1), 200);
$$;
