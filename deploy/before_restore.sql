-- Before a restore into an empty project. Safe to repeat.
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

-- A backup holds neither the settings of roles nor their passwords: give the logins new passwords after the restore.
alter role webhook_service set lock_timeout = '3s';
alter role webhook_service set statement_timeout = '15s';
alter role webhook_service set idle_in_transaction_session_timeout = '30s';
alter role jobs set lock_timeout = '3s';
alter role jobs set statement_timeout = '15s';
alter role jobs set idle_in_transaction_session_timeout = '30s';

-- What is restored by this role is closed until the dump's own grants open it.
set role postgres;
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;
