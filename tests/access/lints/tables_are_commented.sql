-- Every table, view and type says what it holds.
-- plant: create table private.planted (id uuid)
-- plant: create view public.planted as select 1 as id
-- plant: comment on table public.bookings is null
select class.oid::regclass
from pg_class class
where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and class.relkind in ('r', 'p', 'v', 'm', 'f')
    and not class.relispartition
    and obj_description(class.oid, 'pg_class') is null;
