-- Every function of the API says what it does; test_sources.py sees to the errors it names.
-- plant: create function public.planted() returns int return 1
-- plant: comment on function public.complete_lesson is null
select function.oid::regprocedure
from pg_proc function
where function.pronamespace = 'public'::regnamespace
    and obj_description(function.oid, 'pg_proc') is null;
