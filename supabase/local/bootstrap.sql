-- The roles, schemas and defaults that a hosted Supabase project has before its first migration.
-- Run once on a new cluster, by the superuser supabase_admin. Every login's local password is
-- "postgres", as with `supabase start`.

create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;

create role authenticator login noinherit password 'postgres';
grant anon, authenticated, service_role to authenticator;

create role postgres login createdb createrole replication bypassrls password 'postgres';
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;

create role supabase_auth_admin login noinherit createrole password 'postgres';

alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
grant set on parameter pgrst.db_pre_request to postgres;
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role postgres set search_path = "$user", public, extensions;
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';
alter role supabase_admin set search_path = "$user", public, auth, extensions;

alter database postgres owner to postgres;

grant usage on schema public to postgres, anon, authenticated, service_role;
grant all on schema public to postgres;

create schema extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role;
create extension pgcrypto with schema extensions;
create extension "uuid-ossp" with schema extensions;

create schema auth authorization supabase_auth_admin;
grant usage on schema auth to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_auth_admin in schema auth
    grant all on tables to postgres;
alter default privileges for role supabase_auth_admin in schema auth
    grant all on sequences to postgres;
alter default privileges for role supabase_auth_admin in schema auth
    grant all on routines to postgres;

-- Hosted opens whatever is created in public to the API roles. Migrations must be right even so.
alter default privileges for role postgres, supabase_admin in schema public
    grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres, supabase_admin in schema public
    grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role postgres, supabase_admin in schema public
    grant all on routines to postgres, anon, authenticated, service_role;

create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;

-- The Data API reloads its picture of the schema when it hears of a change.
create function extensions.pgrst_ddl_watch()
    returns event_trigger
    language plpgsql
as $$
begin
    if exists (
        select
        from pg_event_trigger_ddl_commands() as command
        where command.schema_name is distinct from 'pg_temp'
    ) then
        notify pgrst, 'reload schema';
    end if;
end;
$$;

create function extensions.pgrst_drop_watch()
    returns event_trigger
    language plpgsql
as $$
begin
    if exists (
        select
        from pg_event_trigger_dropped_objects() as object
        where not object.is_temporary
    ) then
        notify pgrst, 'reload schema';
    end if;
end;
$$;

create event trigger pgrst_ddl_watch on ddl_command_end
    execute function extensions.pgrst_ddl_watch();
create event trigger pgrst_drop_watch on sql_drop
    execute function extensions.pgrst_drop_watch();
