-- The present, in every rule. Only a test database replaces it, so that hours and weeks can pass.
create function private.clock()
    returns timestamptz
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select now();
$$;

comment on function private.clock is 'The present, in every rule. Constant within a transaction.';
