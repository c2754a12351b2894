-- A function has one meaning: its name says which, to a reader and to the Data API.
-- plant: create function public.start_lesson(p_booking_id uuid, p_at timestamptz) returns uuid return p_booking_id
-- plant: create function private.clock(p_zone text) returns timestamptz return now()
select min(function.oid)::regprocedure
from pg_proc function
where function.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
group by function.pronamespace, function.proname
having count(*) > 1;
