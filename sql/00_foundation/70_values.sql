-- The share p_part / p_whole of an amount, rounded half up, in integers: prorate(1000, 1800, 10000) is 18 % of 10.00.
-- 0 when p_whole is 0.
create function private.prorate(p_cents bigint, p_part bigint, p_whole bigint)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case when p_whole = 0 then 0 else (2 * p_cents * p_part + p_whole) / (2 * p_whole) end;
end;
$$;

-- True for a time zone of the IANA database, spelled as there: Postgres takes it in any case, other programs do not.
-- Abbreviations (CET) and POSIX rules are refused because they carry no history of clock changes. Postgres reads an unknown name
-- that contains a number, such as Europe/London+3, as a POSIX rule; only the Etc/GMT zones may contain one.
create function private.is_time_zone(p_name text)
    returns boolean
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
    set timezone = 'UTC'
as $$
begin
    if p_name !~ '^(UTC|Etc/GMT(0|\+(\d|1[0-2])|-(\d|1[0-4]))|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_-]+){1,2})$' then
        return false;
    end if;
    perform set_config('TimeZone', p_name, true);
    return current_setting('TimeZone') = p_name;
exception
    when invalid_parameter_value then
        return false;
end;
$$;

comment on function private.is_time_zone is
    'True for a name such as Europe/London. Immutable in practice: zones are added, never removed. The setting that it tries ends with it.';

-- True for a date within a lifetime of now. Dates at the ends of what a type holds overflow as soon as anything is added.
create function private.is_plausible_date(p_date date)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_date between date '1900-01-01' and date '2100-01-01';
$$;

-- True for an instant within a lifetime of now.
create function private.is_plausible_time(p_at timestamptz)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_at between timestamptz '1900-01-01 00:00:00+00' and timestamptz '2100-01-01 00:00:00+00';
$$;

-- Refuses a date that is not plausible, before anything is reckoned with it.
create function private.assert_date_is_plausible(p_date date)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not private.is_plausible_date(p_date) then
        perform private.refuse(
            'PT422', 'date_is_plausible',
            'That date is not possible.',
            'Send a date between the years 1900 and 2100.'
        );
    end if;
end;
$$;

-- Refuses an instant that is not plausible, before anything is reckoned with it. Functions that take a start call it.
create function private.assert_time_is_plausible(p_at timestamptz)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not private.is_plausible_time(p_at) then
        perform private.refuse(
            'PT422', 'time_is_plausible',
            'That time is not possible.',
            'Send a time between the years 1900 and 2100.'
        );
    end if;
end;
$$;

-- Casts a text from outside, such as Stripe's metadata, to uuid; null if it is not a valid one.
create function private.uuid_or_null(p_text text)
    returns uuid
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case
        when pg_input_is_valid(p_text, 'uuid') then p_text::uuid
    end;
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
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (extract(epoch from p_end_at - p_start_at) / 60)::integer;
end;
$$;

-- The kilometres between two places on earth, as the crow flies (haversine). Null if one of them is not known.
create function private.km_between(p_lat numeric, p_lng numeric, p_other_lat numeric, p_other_lng numeric)
    returns numeric
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select round(
        (
            2 * 6371 * asin(
                sqrt(
                    least(
                        1,
                        sin(radians(p_other_lat - p_lat) / 2) ^ 2
                        + cos(radians(p_lat)) * cos(radians(p_other_lat)) * sin(radians(p_other_lng - p_lng) / 2) ^ 2
                    )
                )
            )
        )::numeric,
        1
    );
$$;

-- A phone number as providers take it, such as +447700900123; null if it does not say its country.
create function private.phone_or_null(p_phone text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select digits.number
    from (select regexp_replace(p_phone, '[\s().-]', '', 'g') as number) digits
    where digits.number ~ '^\+[1-9]\d{6,14}$';
$$;
