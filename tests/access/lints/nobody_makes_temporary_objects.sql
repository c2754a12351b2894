-- Nobody but the owner may create temporary objects: a type of one's own, such as pg_temp.text, could stand in for one that a
-- definer names.
-- plant: do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$
-- plant: do $$ begin execute format('grant temporary on database %I to webhook_service', current_database()); end $$
select role.name
from (
    select rolname::text as name
    from pg_roles
    where not rolsuper
        and not pg_has_role(oid, (select datdba from pg_database where datname = current_database()), 'member')
        and rolname !~ '^pg_'
    union all
    select 'public'
) role
where has_database_privilege(role.name, current_database(), 'temporary');
