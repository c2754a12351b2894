-- Every function sets search_path to exactly '', pg_temp: no caller decides what its names mean. With '' alone Postgres still looks
-- into the caller's temporary schema first for the names of types.
-- plant: create function private.planted() returns int language sql as 'select 1'
-- plant: create function private.planted() returns int language sql set search_path = public as 'select 1'
-- plant: create function private.planted() returns int language sql set search_path = '' as 'select 1'
-- plant: create function private.planted() returns int language sql set search_path = pg_temp as 'select 1'
-- plant: alter function private.is_platform_admin reset search_path
select function.oid::regprocedure
from pg_proc function
where function.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and 'search_path="", pg_temp' <> all (coalesce(function.proconfig, '{}'));
