-- A view shows its reader what the reader may read of the tables below it; a materialized one cannot.
-- plant: create view public.planted as select id from public.bookings
-- plant: create view private.planted with (security_invoker = false) as select id from public.bookings
-- plant: create materialized view public.planted as select id from public.bookings
-- plant: alter view public.booking_details reset (security_invoker)
select class.oid::regclass
from pg_class class
where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and (
        class.relkind = 'm'
        or (class.relkind = 'v' and not coalesce('security_invoker=true' = any (class.reloptions), false))
    );
