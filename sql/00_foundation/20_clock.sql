-- The present. Every rule uses it instead of now(), so that a test database can replace it and let hours and weeks pass.
create function private.clock()
    returns timestamptz
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select now();
$$;

comment on function private.clock is 'The present, used by every rule instead of now(). Constant within a transaction.';

-- Trigger of every table with an updated_at. Definer: API roles update these tables and have no access to private.
create function private.touch_updated_at()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    new.updated_at := private.clock();
    return new;
end;
$$;
