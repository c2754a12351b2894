-- A row's id is drawn by the database, so that no API role can guess whether another organization holds one.
-- plant: grant insert (id) on public.availability_windows to authenticated
-- plant: grant insert on public.services to authenticated
-- plant: grant update (id) on public.bookings to service_role
-- plant: grant insert on private.outbox to jobs
select format('%s may %s %s.id', role.rolname, lower(command.name), class.oid::regclass)
from pg_class class
join pg_attribute attribute on attribute.attrelid = class.oid and attribute.attname = 'id'
cross join pg_roles role
cross join unnest('{INSERT,UPDATE}'::text[]) command (name)
where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and class.relkind in ('r', 'p')
    and role.rolname in ('anon', 'authenticated', 'service_role', 'authenticator', 'webhook_service', 'jobs')
    and has_column_privilege(role.oid, class.oid, attribute.attnum, command.name);
