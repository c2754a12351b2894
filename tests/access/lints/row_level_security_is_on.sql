-- Every table has row-level security on, partitions and their parents included.
-- plant: create table public.planted (id uuid)
-- plant: create table private.planted (id uuid)
-- plant: alter table public.bookings disable row level security
-- plant: alter table public.audit_logs disable row level security
-- plant: create table private.planted partition of public.audit_logs for values from ('1999-01-01') to ('1999-02-01')
select class.oid::regclass
from pg_class class
where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and class.relkind in ('r', 'p', 'f')
    and not class.relrowsecurity;
