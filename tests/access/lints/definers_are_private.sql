-- What runs with its owner's rights lives in no schema that the Data API serves.
-- plant: create function public.planted() returns int language sql security definer set search_path = '' as 'select 1'
-- plant: alter function public.start_lesson security definer
select function.oid::regprocedure
from pg_proc function
where function.prosecdef
    and function.pronamespace in (
        select namespace.oid
        from pg_namespace namespace
        where has_schema_privilege('anon', namespace.oid, 'usage')
            and namespace.nspname in ('public', 'private')
    );
