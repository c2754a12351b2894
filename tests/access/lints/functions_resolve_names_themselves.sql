-- Every function sets search_path to exactly '', so that no caller decides what its names mean.
-- plant: create function private.planted() returns int language sql as 'select 1'
-- plant: create function private.planted() returns int language sql set search_path = public as 'select 1'
-- plant: create function private.planted() returns int language sql set search_path = '', pg_temp as 'select 1'
-- plant: alter function private.is_platform_admin reset search_path
select function.oid::regprocedure
from pg_proc function
where function.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and 'search_path=""' <> all (coalesce(function.proconfig, '{}'));
