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

-- Stamps the moment of a change. Definer: API roles write these tables and have no access to private.
create function private.touch_updated_at()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    new.updated_at := private.clock();
    return new;
end;
$$;
