-- The share p_part / p_whole of an amount, rounded half up, in integers: prorate(1000, 1800, 10000) is 18 % of 10.00.
-- 0 when p_whole is 0.
create function private.prorate(p_cents bigint, p_part bigint, p_whole bigint)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case when p_whole = 0 then 0 else (2 * p_cents * p_part + p_whole) / (2 * p_whole) end;
$$;

-- True for at most 50 tags of 1 to 100 characters each, short enough for a GIN index.
create function private.tags_are_valid(p_tags text[])
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select count(*) <= 50 and coalesce(bool_and(tag is not null and length(tag) between 1 and 100), true)
    from unnest(p_tags) tag;
$$;

-- True for a time zone of the IANA database. Abbreviations (CET) and POSIX rules are refused because they carry no history
-- of clock changes. Postgres reads an unknown name that contains a number, such as Europe/London+3, as a POSIX rule;
-- only the Etc/GMT zones may contain one.
create function private.is_time_zone(p_name text)
    returns boolean
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
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

-- Casts a text from outside, such as Stripe's metadata, to uuid; null if it is not a valid one.
create function private.uuid_or_null(p_text text)
    returns uuid
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when pg_input_is_valid(p_text, 'uuid') then p_text::uuid
    end;
$$;

-- A uuid (version 8, of RFC 9562) that only the text decides: the first half of its SHA-256.
create function private.uuid_of(p_text text)
    returns uuid
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select encode(
        set_byte(
            set_byte(digest.bytes, 6, get_byte(digest.bytes, 6) & 15 | 128),
            8, get_byte(digest.bytes, 8) & 63 | 128
        ),
        'hex'
    )::uuid
    from (select substring(sha256(convert_to(p_text, 'UTF8')) for 16) as bytes) digest;
$$;

-- The (i)like pattern that matches every text containing p_text literally: '%' and '_' are escaped. Null for null.
create function private.like_pattern(p_text text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select '%' || regexp_replace(p_text, '([\\%_])', '\\\1', 'g') || '%';
$$;

-- Rows on a page of a list: the requested number, at least 1 and at most 200; 50 by default. The Data API cuts answers at 1,000 rows.
create function private.page_size(p_limit integer, p_default integer default 50, p_most integer default 200)
    returns integer
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select least(greatest(coalesce(p_limit, p_default), 1), p_most);
$$;

-- The whole minutes from one instant to another.
create function private.minutes_between(p_start_at timestamptz, p_end_at timestamptz)
    returns integer
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select (extract(epoch from p_end_at - p_start_at) / 60)::integer;
$$;
