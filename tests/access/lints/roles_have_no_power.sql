-- No role that requests or services use can pass policies, make objects or become another. service_role passes policies, as on
-- hosted; therefore it may only read.
-- plant: alter role authenticated bypassrls
-- plant: alter role jobs superuser
-- plant: alter role webhook_service createrole
-- plant: grant service_role to jobs
-- plant: grant pg_read_all_data to authenticator
-- plant: alter role jobs inherit
select format('%s can do too much', role.rolname)
from pg_roles role
where role.rolname in ('anon', 'authenticated', 'service_role', 'webhook_service', 'jobs')
    and (
        role.rolsuper or role.rolcreaterole or role.rolcreatedb or role.rolreplication
        or (role.rolbypassrls and role.rolname <> 'service_role')
        or (role.rolinherit and role.rolname in ('webhook_service', 'jobs'))
    )
union all
select format('%s can become %s', member.rolname, role.rolname)
from pg_auth_members membership
join pg_roles member on member.oid = membership.member
join pg_roles role on role.oid = membership.roleid
where member.rolname in ('anon', 'authenticated', 'service_role', 'webhook_service', 'jobs')
    or (member.rolname = 'authenticator' and role.rolname not in ('anon', 'authenticated', 'service_role'));
