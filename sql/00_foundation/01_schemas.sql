-- 00_foundation: what every other room rests on. Every room calls it; it calls no other room.
--
--   01_schemas      schemas, extensions, the two service logins; nothing may be called until it is granted
--   10_tables       the allowed status changes of all state machines; the currencies
--   20_clock        private.clock(): the present, in every rule
--   30_refuse       how a request is refused (SQLSTATE, code, message, hint) and how tables are kept append-only
--   40_transitions  the trigger that every table with a status attaches, and who is acting
--   70_values       pure helpers: prorating, time zones, plausible dates, search patterns, page sizes
--   71_texts        what a text has to be: a line, an e-mail address, a link, tags
--   75_lists        the currencies and time zones that there are, which 80_api gives to frontends
--   90_access       which of them the API roles may execute

-- The two logins of the Python services. Roles belong to the whole cluster, so they may exist already when a second
-- database is created. The operator sets their passwords; they are never in this repository.
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

-- A row that somebody has locked in Studio, or a migration that waits for a reader, fails the calls that need it, after which a service
-- tries again; without these it would hold every thread of a service for as long as the lock lasts. Calls of the jobs that may take
-- longer, such as the creation of a large payout run, set their own statement_timeout.
alter role webhook_service set lock_timeout = '3s';
alter role webhook_service set statement_timeout = '15s';
alter role webhook_service set idle_in_transaction_session_timeout = '30s';
alter role jobs set lock_timeout = '3s';
alter role jobs set statement_timeout = '15s';
alter role jobs set idle_in_transaction_session_timeout = '30s';

-- public is the API, private is never exposed, extensions holds extensions that ship with stock Postgres.
create schema private;
comment on schema private is 'Rules, ledger, inbox and outbox. Never exposed through the Data API.';

create extension btree_gist with schema extensions;
create extension hstore with schema extensions;
create extension pg_trgm with schema extensions;

-- Access is denied by default: each room grants access explicitly in its 90_access.sql.
-- The first statement has no "in schema" on purpose: with it, the revoke would have no effect.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;

-- A temporary type of one's own, such as pg_temp.text, could stand in for one that a function names, and run its owner's code with
-- the rights of the function's owner. Functions look into pg_temp last ('', pg_temp), and nobody may create anything there. The
-- grant belongs to the database, not to its contents: whoever restores a backup or clones a database repeats this statement.
do $$
begin
    execute format('revoke temporary on database %I from public', current_database());
end;
$$;

-- The two services call functions of private by name, so they need usage on the schema; execute is granted function by
-- function.
grant usage on schema private to webhook_service, jobs;
