-- The currencies that prices may be in, for frontends. Definer: nobody may read the table.
create function private.list_currencies()
    returns table (code text, minor_digits smallint, minimum_charge_cents bigint)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select currency.code, currency.minor_digits, currency.minimum_charge_cents
    from private.currencies currency
    order by currency.code;
$$;

-- The time zones that organizations and instructors may be in, for frontends.
-- Definer: visitors may not look names up in private.
create function private.list_time_zones()
    returns table (name text)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select zone.name
    from pg_timezone_names zone
    where private.is_time_zone(zone.name)
    order by zone.name;
$$;
