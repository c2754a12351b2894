-- Nothing that migrations create is open to anybody until it is granted. Functions are, unless it is revoked everywhere.
-- plant: alter default privileges for role postgres in schema public grant select on tables to anon
-- plant: alter default privileges for role postgres in schema private grant execute on functions to jobs
-- plant: alter default privileges for role postgres in schema public grant usage on sequences to authenticated
-- plant: alter default privileges for role postgres grant execute on functions to public
select format('%s in %s', opened.objects, coalesce(opened.namespace::regnamespace::text, 'every schema'))
from (
    select
        privileges.defaclobjtype as objects,
        nullif(privileges.defaclnamespace, 0) as namespace,
        (aclexplode(privileges.defaclacl)).grantee
    from pg_default_acl privileges
    where privileges.defaclrole = 'postgres'::regrole
) opened
where opened.grantee <> 'postgres'::regrole
union all
select 'functions in every schema'
where not exists (
    select
    from pg_default_acl privileges
    where privileges.defaclrole = 'postgres'::regrole
        and privileges.defaclnamespace = 0
        and privileges.defaclobjtype = 'f'
);
