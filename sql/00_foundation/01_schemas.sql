-- The two logins of the Python services. Roles belong to the whole cluster, so a second database
-- finds them already there. Passwords are set by whoever operates the project, never here.
do $$
begin
    if to_regrole('webhook_service') is null then
        create role webhook_service login noinherit connection limit 50;
    end if;
    if to_regrole('jobs') is null then
        create role jobs login noinherit connection limit 50;
    end if;
end;
$$;

-- public is the API, private is never exposed, extensions holds what ships with stock Postgres.
create schema private;
comment on schema private is 'Rules, ledger, inbox and outbox. Never exposed through the Data API.';

create extension btree_gist with schema extensions;
create extension hstore with schema extensions;
create extension pg_trgm with schema extensions;

-- Access is denied until declared: each room grants what it means to grant in 9_access.sql.
-- The first form has no "in schema" on purpose: with it, the revoke would do nothing.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;

-- The services name their functions, so they may look the names up; what they may call is granted one by one.
grant usage on schema private to webhook_service, jobs;
